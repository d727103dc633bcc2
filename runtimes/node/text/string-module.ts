/**
 * A WebAssembly module that moves text between strings and memory, at ten times the speed of
 * `charCodeAt` and `fromCharCode`: V8 copies a string's UTF-16 units to and from an array of the
 * garbage-collected heap (JS string builtins), and loops compiled here do the rest. Made of
 * instructions at run time, lazily, where the engine has those builtins; units.ts goes without.
 * https://github.com/WebAssembly/js-string-builtins
 */

import { decodeUtf8Step } from "./utf8-decoder.ts";
import {
  add,
  advance,
  and,
  atLeast,
  block,
  branch,
  branchIf,
  type Code,
  call,
  get,
  I32,
  I64,
  i32,
  less,
  load8,
  load16,
  load32,
  load64,
  loop,
  or,
  section,
  set,
  shiftLeft,
  shiftRight,
  store8,
  store16,
  store32,
  subtract,
  tee,
  text,
  unsigned,
  when,
} from "./wasm-code.ts";

const PIECE = 16_384;
/** Pages of memory: three bytes for each unit. */
const PAGES = 1;

/** Text travels through `memory`, from address 0. Each call handles a piece or less. */
export interface StringModule {
  /** Units that one call takes or makes at most. */
  readonly piece: number;
  readonly memory: { readonly buffer: ArrayBuffer };
  /** A string of `length` bytes, one unit for each; where there are `units`, of bytes that are ASCII. */
  latin1(length: number): string;
  readonly units?: UnitMemory;
  /** The same of the low seven bits of each byte. */
  ascii?(length: number): string;
  /** A string of `length` bytes of UTF-8; U+FFFD for every maximal part of what is not valid. */
  utf8(length: number): string;
  /** A string of `length` units of UTF-16, little-endian. */
  utf16(length: number): string;
  /** The low bytes of the units of `text`; their number. Not needed where there are `units`. */
  toLatin1?(text: string): number;
  /** `text` as UTF-8, U+FFFD for lone surrogates; the number of bytes. */
  toUtf8(text: string): number;
  /** The same, faster where it is ASCII. */
  asciiToUtf8?(text: string): number;
  /** The units of `text`; their number. */
  toUtf16(text: string): number;
  /** Bytes that `toUtf8` would make. */
  utf8Length(text: string): number;
  /** Two hexadecimal digits for each of `length` bytes. */
  hex?(length: number): string;
  /** The bytes of pairs of hexadecimal digits, up to the first that is none; their number. */
  fromHex?(text: string): number;
}

/** Where the engine itself copies units: what is fastest at turning them into bytes and back is `set`. */
export interface UnitMemory {
  /** A piece. */
  readonly view: Uint16Array;
  /** No byte of the first `length` of the module's memory is above 0x7f. */
  isAscii(length: number): boolean;
  /** A string of the first `length` units. */
  text(length: number): string;
  /** Puts the units of `text` there. */
  take(text: string): void;
}

interface WebAssemblyNamespace {
  Module: new (bytes: Uint8Array, options: { builtins: string[] }) => object;
  Instance: new (module: object, imports: object) => { readonly exports: unknown };
}

/** An instance; undefined where the engine lacks WebAssembly or the builtins. */
export function stringModule(): StringModule | undefined {
  const { WebAssembly } = globalThis as { WebAssembly?: WebAssemblyNamespace };
  if (!WebAssembly) return undefined;
  try {
    const module = new WebAssembly.Module(assemble(), { builtins: ["js-string"] });
    const { exports } = new WebAssembly.Instance(module, {});
    return { ...(exports as StringModule), piece: PIECE };
  } catch {
    return undefined;
  }
}

const EXTERNREF = 0x6f;
/** Types of the module, by index: the array of units; builtins; functions that make and take text. */
const UNITS = 0;
const Type = { FromUnits: 1, IntoUnits: 2, Make: 3, Take: 4 } as const;
/** Functions by index. */
const FROM_UNITS = 0;
const INTO_UNITS = 1;

const units: Code = [0x23, 0];
const unit = (index: Code): Code => [...units, ...index, 0xfb, 0x0d, UNITS];
const setUnit = (index: Code, value: Code): Code => [
  ...units,
  ...index,
  ...value,
  ...[0xfb, 0x0e, UNITS],
];
function assemble(): Uint8Array {
  const makers = { latin1, utf8, utf16 };
  const takers = { toLatin1, toUtf8, toUtf16, utf8Length };
  const functions = [
    ...Object.entries(makers).map(([name, make]) => ({ name, type: Type.Make, code: make() })),
    ...Object.entries(takers).map(([name, take]) => ({ name, type: Type.Take, code: take() })),
  ];
  const nullableUnits = [0x63, UNITS];
  const builtin = (name: string, type: number) => [
    ...text("wasm:js-string"),
    ...text(name),
    0,
    type,
  ];
  const sections = [
    section(1, [
      [0x5e, 0x77, 1],
      [0x60, 3, ...nullableUnits, I32, I32, 1, 0x64, EXTERNREF],
      [0x60, 3, EXTERNREF, ...nullableUnits, I32, 1, I32],
      [0x60, 1, I32, 1, EXTERNREF],
      [0x60, 1, EXTERNREF, 1, I32],
    ]),
    section(2, [
      builtin("fromCharCodeArray", Type.FromUnits),
      builtin("intoCharCodeArray", Type.IntoUnits),
    ]),
    section(
      3,
      functions.map(({ type }) => [type]),
    ),
    section(5, [[0, PAGES]]),
    section(6, [[0x64, UNITS, 0, ...i32(PIECE), 0xfb, 0x07, UNITS, 0x0b]]),
    section(7, [
      [...text("memory"), 2, 0],
      ...functions.map(({ name }, i) => [...text(name), 0, INTO_UNITS + 1 + i]),
    ]),
    section(
      10,
      functions.map(({ code }) => [...unsigned(code.length), ...code]),
    ),
  ];
  return Uint8Array.from([0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0, ...sections.flat()]);
}

/** A function's locals, of one i32 each but for `wide`, which is the last and an i64, and its body. */
function body(locals: number, wide: boolean, ...parts: Code[]): Code {
  const declared = wide ? [2, locals, I32, 1, I64] : [1, locals, I32];
  return [...declared, ...parts.flat(), 0x0b];
}

/** What follows from the first `count` units. */
const textOf = (count: Code): Code => [...units, ...i32(0), ...count, ...call(FROM_UNITS)];
/** Copies the argument's units to the array; leaves their number. */
const unitsOf: Code = [...get(0), ...units, ...i32(0), ...call(INTO_UNITS)];

/** Eight bytes at `at` to eight units from `to`. */
function widen8(at: number, to: number, word: number): Code {
  const half = (from: number): Code[] =>
    [0, 1, 2, 3].map((i) => {
      const shifted = i === 0 ? get(word) : shiftRight(get(word), i32(8 * i));
      return setUnit(add(get(to), i32(from + i)), i === 3 ? shifted : and(shifted, i32(0xff)));
    });
  return [
    ...load32(get(at)),
    ...set(word),
    ...half(0).flat(),
    ...load32(get(at), 4),
    ...set(word),
    ...half(4).flat(),
  ];
}

function latin1(): Code {
  const [length, at, word] = [0, 1, 2];
  return body(
    2,
    false,
    block(
      loop(
        ...[less(get(length), add(get(at), i32(8))), branchIf(1)],
        ...[widen8(at, at, word), advance(at, i32(8)), branch(0)],
      ),
    ),
    block(
      loop(
        ...[atLeast(get(at), get(length)), branchIf(1)],
        ...[setUnit(get(at), load8(get(at))), advance(at, i32(1)), branch(0)],
      ),
    ),
    textOf(get(length)),
  );
}

function utf16(): Code {
  const [length, at] = [0, 1];
  return body(
    1,
    false,
    block(
      loop(
        ...[atLeast(get(at), get(length)), branchIf(1)],
        setUnit(get(at), load16(shiftLeft(get(at), i32(1)))),
        ...[advance(at, i32(1)), branch(0)],
      ),
    ),
    textOf(get(length)),
  );
}

/** The decoder of https://encoding.spec.whatwg.org/#utf-8-decoder. */
function utf8(): Code {
  const [length, at, to, word, code, need, low, high] = [0, 1, 2, 3, 4, 5, 6, 7];
  const wide = 8;
  const emit = (value: Code): Code => [...setUnit(get(to), value), ...advance(to, i32(1))];
  const ascii8 = [...load64(get(at)), ...set(wide), ...get(wide), 0x42, ...ASCII_MASK, 0x83, 0x50];
  return body(
    7,
    true,
    block(
      loop(
        when(
          [...add(get(at), i32(8)), ...get(length), 0x4d],
          when(ascii8, [
            ...widen8(at, to, word),
            ...advance(at, i32(8)),
            ...advance(to, i32(8)),
            ...branch(2),
          ]),
        ),
        decodeUtf8Step({ at, length, word, code, need, low, high }, emit),
      ),
    ),
    textOf(get(to)),
  );
}

function toLatin1(): Code {
  const [length, at] = [1, 2];
  const low = (i: number): Code => and(unit(add(get(at), i32(i))), i32(0xff));
  const four = or(
    or(low(0), shiftLeft(low(1), i32(8))),
    or(shiftLeft(low(2), i32(16)), shiftLeft(unit(add(get(at), i32(3))), i32(24))),
  );
  return body(
    2,
    false,
    ...[unitsOf, set(length)],
    block(
      loop(
        ...[less(get(length), add(get(at), i32(4))), branchIf(1)],
        ...[store32(get(at), four), advance(at, i32(4)), branch(0)],
      ),
    ),
    block(
      loop(
        ...[atLeast(get(at), get(length)), branchIf(1)],
        ...[store8(get(at), unit(get(at))), advance(at, i32(1)), branch(0)],
      ),
    ),
    get(length),
  );
}

function toUtf16(): Code {
  const [length, at] = [1, 2];
  return body(
    2,
    false,
    ...[unitsOf, set(length)],
    block(
      loop(
        ...[atLeast(get(at), get(length)), branchIf(1)],
        store16(shiftLeft(get(at), i32(1)), unit(get(at))),
        ...[advance(at, i32(1)), branch(0)],
      ),
    ),
    get(length),
  );
}

/** Units at `at` and after, as `four` has them, are ASCII. */
function isAscii4(at: number, length: number, locals: readonly number[], then: Code): Code {
  const all = locals
    .map((local, i): Code => [...unit(add(get(at), i32(i))), ...tee(local)])
    .reduce(or);
  return when([...add(get(at), i32(4)), ...get(length), 0x4d], when(less(all, i32(0x80)), then));
}

function toUtf8(): Code {
  const [length, at, to, code, ...four] = [1, 2, 3, 4, 5, 6, 7, 8] as [
    number,
    number,
    number,
    number,
    ...number[],
  ];
  const emit = (value: Code): Code => [...store8(get(to), value), ...advance(to, i32(1))];
  const tail = (shift: number): Code => {
    const bits = shift === 0 ? get(code) : shiftRight(get(code), i32(shift));
    return emit(or(and(bits, i32(0x3f)), i32(0x80)));
  };
  const lead = (shift: number, mark: number): Code =>
    emit(or(shiftRight(get(code), i32(shift)), i32(mark)));
  const word = four
    .map((local, i): Code => (i === 0 ? get(local) : shiftLeft(get(local), i32(8 * i))))
    .reduce(or);
  return body(
    8,
    false,
    ...[unitsOf, set(length)],
    block(
      loop(
        isAscii4(at, length, four, [
          ...store32(get(to), word),
          ...[...advance(at, i32(4)), ...advance(to, i32(4)), ...branch(2)],
        ]),
        ...[atLeast(get(at), get(length)), branchIf(1)],
        ...[unit(get(at)), set(code), advance(at, i32(1))],
        when(less(get(code), i32(0x80)), [...emit(get(code)), ...branch(1)]),
        when(less(get(code), i32(0x800)), [...lead(6, 0xc0), ...tail(0), ...branch(1)]),
        when(isSurrogate(code), [
          ...when(joinsNext(code, at, length), [
            ...add(
              add(shiftLeft(subtract(get(code), i32(0xd800)), i32(10)), i32(0x10000)),
              subtract(unit(get(at)), i32(0xdc00)),
            ),
            ...[...set(code), ...advance(at, i32(1))],
            ...[...lead(18, 0xf0), ...tail(12), ...tail(6), ...tail(0), ...branch(2)],
          ]),
          ...[...i32(0xfffd), ...set(code)],
        ]),
        ...[lead(12, 0xe0), tail(6), tail(0), branch(0)],
      ),
    ),
    get(to),
  );
}

function utf8Length(): Code {
  const [length, at, to, code, ...four] = [1, 2, 3, 4, 5, 6, 7, 8] as [
    number,
    number,
    number,
    number,
    ...number[],
  ];
  return body(
    8,
    false,
    ...[unitsOf, set(length)],
    block(
      loop(
        isAscii4(at, length, four, [...advance(at, i32(4)), ...advance(to, i32(4)), ...branch(2)]),
        ...[atLeast(get(at), get(length)), branchIf(1)],
        ...[unit(get(at)), set(code), advance(at, i32(1))],
        when(less(get(code), i32(0x80)), [...advance(to, i32(1)), ...branch(1)]),
        when(less(get(code), i32(0x800)), [...advance(to, i32(2)), ...branch(1)]),
        when(
          isSurrogate(code),
          when(joinsNext(code, at, length), [
            ...advance(at, i32(1)),
            ...advance(to, i32(4)),
            ...branch(2),
          ]),
        ),
        ...[advance(to, i32(3)), branch(0)],
      ),
    ),
    get(to),
  );
}

const isSurrogate = (code: number): Code => less(subtract(get(code), i32(0xd800)), i32(0x800));
/** `code` is a high surrogate and the unit at `at` a low one; reads no unit beyond `length`. */
const joinsNext = (code: number, at: number, length: number): Code =>
  and(
    and(less(get(code), i32(0xdc00)), less(get(at), get(length))),
    // The array is one unit's index short of its end at most: the index is held within.
    less(subtract(unit(and(get(at), i32(PIECE - 1))), i32(0xdc00)), i32(0x400)),
  );

/** 0x8080808080808080 as a signed LEB128. */
const ASCII_MASK = [0x80, 0x81, 0x82, 0x84, 0x88, 0x90, 0xa0, 0xc0, 0x80, 0x7f];
