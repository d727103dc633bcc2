/**
 * A WebAssembly module that turns text from one encoding into another, in its own memory and sixteen
 * bytes at a time: what native-text.ts runs between V8's copies. Made by the snapshot's builder: a
 * snapshot has the module's bytes alone.
 */
import { decodeUtf8Step, highSurrogate, lowSurrogate } from "../../../node/text/utf8-decoder.ts";
import {
  add,
  advance,
  and,
  atLeast,
  atMost,
  block,
  branch,
  branchIf,
  type Code,
  equal,
  get,
  I32,
  I64,
  i32,
  less,
  load8,
  load16,
  load32,
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
} from "../../../node/text/wasm-code.ts";
import { UNITS } from "./text-layout.ts";

/** Room for the bytes and units of a piece, and for what whole vectors take behind them. */
const PAGES = 3;

const V128 = 0x7b;

type Unary = (value: Code) => Code;
type Binary = (left: Code, right: Code) => Code;
const simd = (opcode: number): Code => [0xfd, ...unsigned(opcode)];
const simd1 =
  (opcode: number): Unary =>
  (value) => [...value, ...simd(opcode)];
const simd2 =
  (opcode: number): Binary =>
  (left, right) => [...left, ...right, ...simd(opcode)];

const loadVector = (at: Code, offset = 0): Code => [...at, ...simd(0), 0, ...unsigned(offset)];
/** Eight bytes become eight lanes. */
const loadWidened = (at: Code, offset = 0): Code => [...at, ...simd(2), 0, ...unsigned(offset)];
const storeVector = (at: Code, value: Code, offset = 0): Code => [
  ...at,
  ...value,
  ...[...simd(11), 0, ...unsigned(offset)],
];
/** The first eight bytes of a vector. */
const storeHalf = (at: Code, value: Code): Code => [...at, ...value, ...simd(0x5b), 0, 0, 0];
const splat16 = (value: number): Code => [...i32(value), ...simd(0x10)];
const splat32 = (value: number): Code => [...i32(value), ...simd(0x11)];
const bytesAbove7f = simd1(0x64);
/** Bytes of the first by the indices that the second has. */
const pick = simd2(0x0e);
const shiftRight8 = (value: Code, by: number): Code => [...value, ...i32(by), ...simd(0x6d)];
const shuffle = (left: Code, right: Code, lanes: readonly number[]): Code => [
  ...[...left, ...right],
  ...[...simd(0x0d), ...lanes],
];
const constant = (bytes: readonly number[]): Code => [...simd(0x0c), ...bytes];
const narrow16 = simd2(0x66);
const narrow32 = simd2(0x86);
const both = simd2(0x4e);
const either = simd2(0x50);
/** Bits of the first where the third has ones, of the second where it has none. */
const select = (yes: Code, no: Code, mask: Code): Code => [...yes, ...no, ...mask, ...simd(0x52)];
const lanesEqual = simd2(0x2d);
const lanesAbove = simd2(0x32);
const lanesAtMost = simd2(0x34);
const anyLane = simd1(0x53);
const allLanes = simd1(0x83);
const lanesOf = simd1(0x84);
const addLanes = simd2(0x8e);
const subtractLanes = simd2(0x91);
const addPairs = simd1(0x7e);
const lane32 = (value: Code, lane: number): Code => [...value, ...simd(0x1b), lane];
const shiftLeft32 = (value: Code, by: number): Code => [...value, ...i32(by), ...simd(0xab)];
const shiftRight32 = (value: Code, by: number): Code => [...value, ...i32(by), ...simd(0xad)];
const firstBit = (value: Code): Code => [...value, 0x68];

const unitsAt = (index: number): Code => shiftLeft(get(index), i32(1));
const loadUnit = (index: number): Code => load16(unitsAt(index), UNITS);
const storeUnit = (index: number, value: Code): Code => store16(unitsAt(index), value, UNITS);

/** Functions take one number and answer one; locals are numbers, then longs, then vectors. */
function body(counts: readonly [i32: number, i64: number, v128: number], ...parts: Code[]): Code {
  const types = [I32, I64, V128];
  const declared = counts.flatMap((count, i) => [count, types[i] as number]);
  return [types.length, ...declared, ...parts.flat(), 0x0b];
}

export function textCode(): Uint8Array {
  const functions = Object.entries({
    isAscii: isAscii(),
    maskAscii: maskAscii(),
    utf8ToUnits: utf8ToUnits(),
    unitsToUtf8: unitsToUtf8(),
    utf8Length: utf8Length(),
    bytesToHex: bytesToHex(),
    hexToBytes: hexToBytes(),
  });
  const sections = [
    section(1, [[0x60, 1, I32, 1, I32]]),
    section(
      3,
      functions.map(() => [0]),
    ),
    section(5, [[1, PAGES, PAGES]]),
    section(7, [[...text("memory"), 2, 0], ...functions.map(([name], i) => [...text(name), 0, i])]),
    section(
      10,
      functions.map(([, code]) => [...unsigned(code.length), ...code]),
    ),
  ];
  return Uint8Array.from([0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0, ...sections.flat()]);
}

/** `step` while `at` is below `length`, by `by`: what lies behind the length is made too, and ignored. */
function forEach(length: number, at: number, by: number, step: Code): Code {
  return block(
    loop(
      ...[atLeast(get(at), get(length)), branchIf(1)],
      ...[step, advance(at, i32(by)), branch(0)],
    ),
  );
}

function isAscii(): Code {
  const [length, at] = [0, 1];
  const no: Code = [...i32(0), 0x0f];
  return body(
    [1, 0, 0],
    block(
      loop(
        ...[less(get(length), add(get(at), i32(32))), branchIf(1)],
        when(bytesAbove7f(either(loadVector(get(at)), loadVector(get(at), 16))), no),
        ...[advance(at, i32(32)), branch(0)],
      ),
    ),
    forEach(length, at, 1, when(less(i32(0x7f), load8(get(at))), no)),
    i32(1),
  );
}

function maskAscii(): Code {
  const [length, at] = [0, 1];
  const low = both(loadVector(get(at)), splat32(0x7f7f7f7f));
  return body([1, 0, 0], forEach(length, at, 16, storeVector(get(at), low)), get(length));
}

/** The decoder of https://encoding.spec.whatwg.org/#utf-8-decoder. */
function utf8ToUnits(): Code {
  const [length, at, to, word, code, run, need, low, high] = [0, 1, 2, 3, 4, 5, 6, 7, 8];
  const isLike = (mask: number, value: number): Code =>
    equal(and(get(word), i32(mask)), i32(value));
  const lead = (bits: number, by: number): Code => shiftLeft(and(get(word), i32(bits)), i32(by));
  /** Six bits of the byte at `index`, for the code's bits from `to`. */
  const six = (index: number, to: number): Code => {
    const by = 8 * index - to;
    const shifted = by < 0 ? shiftLeft(get(word), i32(-by)) : shiftRight(get(word), i32(by));
    return and(shifted, i32(0x3f << to));
  };
  const emit = (value: Code): Code => [...storeUnit(to, value), ...advance(to, i32(1))];
  /** Within two conditions within the loop: goes on behind a sequence. */
  const behind = (size: number): Code => [...advance(at, i32(size)), ...branch(3)];
  const isCode = (from: number, count: number): Code =>
    less(subtract(get(code), i32(from)), i32(count));
  /** What is ASCII of sixteen bytes, or a sequence that is whole and valid. */
  const quickly: Code = [
    ...[...load32(get(at)), ...set(word)],
    ...when(equal(and(get(word), i32(0x80)), i32(0)), [
      ...firstBit(or(bytesAbove7f(loadVector(get(at))), i32(0x10000))),
      ...set(run),
      ...storeVector(unitsAt(to), loadWidened(get(at)), UNITS),
      ...storeVector(unitsAt(to), loadWidened(get(at), 8), UNITS + 16),
      ...[...advance(at, get(run)), ...advance(to, get(run)), ...branch(2)],
    ]),
    ...when(isLike(0xc0c0f0, 0x8080e0), [
      ...[...or(or(lead(0x0f, 12), six(1, 6)), six(2, 0)), ...set(code)],
      ...when(and(atLeast(get(code), i32(0x800)), [...isCode(0xd800, 0x800), 0x45]), [
        ...emit(get(code)),
        ...behind(3),
      ]),
    ]),
    ...when(isLike(0xc0e0, 0x80c0), [
      ...[...or(lead(0x1f, 6), six(1, 0)), ...set(code)],
      ...when(atLeast(get(code), i32(0x80)), [...emit(get(code)), ...behind(2)]),
    ]),
    ...when(isLike(0xc0c0c0f8 | 0, 0x808080f0 | 0), [
      ...or(or(lead(0x07, 18), six(1, 12)), or(six(2, 6), six(3, 0))),
      ...set(code),
      ...when(isCode(0x10000, 0x100000), [
        ...[...emit(highSurrogate(code)), ...emit(lowSurrogate(code))],
        ...behind(4),
      ]),
    ]),
  ];
  return body(
    [8, 0, 0],
    block(
      loop(
        when(atMost(add(get(at), i32(16)), get(length)), quickly),
        decodeUtf8Step({ at, length, word, code, need, low, high }, emit),
      ),
    ),
    get(to),
  );
}

function unitsToUtf8(): Code {
  const [length, at, to, code, run, first, second] = [0, 1, 2, 3, 4, 5, 6];
  /** Bytes of the code in one number, the first of them lowest. */
  const lead = (by: number, mark: number): Code => or(shiftRight(get(code), i32(by)), i32(mark));
  const tail = (by: number, index: number): Code => {
    const six = and(shiftRight(get(code), i32(by)), i32(0x3f));
    return shiftLeft(or(six, i32(0x80)), i32(8 * index));
  };
  const next = (size: number): Code => advance(to, i32(size));
  const ascii16: Code = [
    ...[...loadVector(unitsAt(at), UNITS), ...set(first)],
    ...[...loadVector(unitsAt(at), UNITS + 16), ...set(second)],
    ...when(
      [...anyLane(lanesAbove(either(get(first), get(second)), splat16(0x7f))), 0x45],
      [
        ...storeVector(get(to), narrow16(get(first), get(second))),
        ...[...advance(at, i32(16)), ...next(16), ...branch(2)],
      ],
    ),
  ];
  /** What is ASCII of eight units, the first of which is. */
  const ascii8: Code = [
    ...[...loadVector(unitsAt(at), UNITS), ...set(first)],
    ...firstBit(or(lanesOf(lanesAbove(get(first), splat16(0x7f))), i32(0x100))),
    ...set(run),
    ...storeHalf(get(to), narrow16(get(first), get(first))),
    ...[...advance(at, get(run)), ...advance(to, get(run))],
    ...[...equal(get(run), i32(8)), ...branchIf(3), ...branch(2)],
  ];
  return body(
    [4, 0, 2],
    block(
      loop(
        when(atMost(add(get(at), i32(16)), get(length)), ascii16),
        loop(
          ...[atLeast(get(at), get(length)), branchIf(2)],
          ...[loadUnit(at), set(code)],
          when(less(get(code), i32(0x80)), [
            ...when(atMost(add(get(at), i32(8)), get(length)), ascii8),
            ...[...store8(get(to), get(code)), ...advance(at, i32(1)), ...next(1), ...branch(1)],
          ]),
          advance(at, i32(1)),
          when(less(get(code), i32(0x800)), [
            ...store16(get(to), or(lead(6, 0xc0), tail(0, 1))),
            ...[...next(2), ...branch(1)],
          ]),
          when(less(subtract(get(code), i32(0xd800)), i32(0x800)), [
            ...when(joinsNext(code, at, length), [
              ...add(
                add(shiftLeft(subtract(get(code), i32(0xd800)), i32(10)), i32(0x10000)),
                subtract(loadUnit(at), i32(0xdc00)),
              ),
              ...[...set(code), ...advance(at, i32(1))],
              ...store32(get(to), or(or(lead(18, 0xf0), tail(12, 1)), or(tail(6, 2), tail(0, 3)))),
              ...[...next(4), ...branch(2)],
            ]),
            ...[...i32(0xfffd), ...set(code)],
          ]),
          // The fourth byte is overwritten by what follows.
          store32(get(to), or(or(lead(12, 0xe0), tail(6, 1)), tail(0, 2))),
          ...[next(3), branch(0)],
        ),
      ),
    ),
    get(to),
  );
}

/** `code` is a high surrogate and the unit at `at` a low one. */
const joinsNext = (code: number, at: number, length: number): Code =>
  and(
    and(less(get(code), i32(0xdc00)), less(get(at), get(length))),
    less(subtract(loadUnit(at), i32(0xdc00)), i32(0x400)),
  );

/** A byte for each unit, one more from 0x80 and from 0x800 on, two less for a pair of surrogates. */
function utf8Length(): Code {
  const [length, at, vector, pairs, sum] = [0, 1, 2, 3, 4];
  const isSurrogate = (vector: Code, kind: number): Code =>
    lanesEqual(both(vector, splat16(0xfc00)), splat16(kind));
  const count = (offset: number): Code => [
    ...[...loadVector(unitsAt(at), UNITS + offset), ...set(vector)],
    ...both(
      isSurrogate(get(vector), 0xd800),
      isSurrogate(loadVector(unitsAt(at), UNITS + offset + 2), 0xdc00),
    ),
    ...set(pairs),
    ...subtractLanes(
      subtractLanes(
        addLanes(addLanes(get(sum), get(pairs)), get(pairs)),
        lanesAbove(get(vector), splat16(0x7f)),
      ),
      lanesAbove(get(vector), splat16(0x7ff)),
    ),
    ...set(sum),
  ];
  const total = addPairs(get(sum));
  return body(
    [1, 0, 3],
    storeVector(unitsAt(length), splat16(0), UNITS),
    storeVector(unitsAt(length), splat16(0), UNITS + 16),
    forEach(
      length,
      at,
      16,
      when(
        anyLane(
          lanesAbove(
            either(loadVector(unitsAt(at), UNITS), loadVector(unitsAt(at), UNITS + 16)),
            splat16(0x7f),
          ),
        ),
        [...count(0), ...count(16)],
      ),
    ),
    [0, 1, 2, 3].reduce<Code>((length, lane) => add(length, lane32(total, lane)), get(length)),
  );
}

function bytesToHex(): Code {
  const [length, at, digits, high, low] = [0, 1, 2, 3, 4];
  const lanes = [0, 1, 2, 3, 4, 5, 6, 7];
  const interleaved = (from: number): Code =>
    shuffle(
      get(high),
      get(low),
      lanes.flatMap((lane) => [from + lane, 16 + from + lane]),
    );
  return body(
    [1, 0, 3],
    ...[constant(Array.from("0123456789abcdef", (digit) => digit.charCodeAt(0))), set(digits)],
    forEach(length, at, 16, [
      ...[...pick(get(digits), shiftRight8(loadVector(get(at)), 4)), ...set(high)],
      ...[...pick(get(digits), both(loadVector(get(at)), splat32(0x0f0f0f0f))), ...set(low)],
      ...storeVector(unitsAt(at), interleaved(0), UNITS),
      ...storeVector(unitsAt(at), interleaved(8), UNITS + 16),
    ]),
    unitsAt(length),
  );
}

function hexToBytes(): Code {
  const [length, at, word, code, digits, letters, isDigit, valid, packed] = [
    0, 1, 2, 3, 4, 5, 6, 7, 8,
  ] as const;
  /** Four bytes of the eight units at `offset`, as lanes of 32 bits. */
  const pack = (offset: number): Code => [
    ...both(loadVector(unitsAt(at), UNITS + offset), splat16(0xff)),
    ...set(digits),
    ...subtractLanes(either(get(digits), splat16(0x20)), splat16(0x61)),
    ...set(letters),
    ...[...subtractLanes(get(digits), splat16(0x30)), ...set(digits)],
    ...[...lanesAtMost(get(digits), splat16(9)), ...set(isDigit)],
    ...both(get(valid), either(get(isDigit), lanesAtMost(get(letters), splat16(5)))),
    ...set(valid),
    ...select(get(digits), addLanes(get(letters), splat16(10)), get(isDigit)),
    ...set(digits),
    ...both(either(shiftLeft32(get(digits), 4), shiftRight32(get(digits), 16)), splat32(0xff)),
  ];
  const toByte = shiftRight(get(at), i32(1));
  return body(
    [3, 0, 5],
    block(
      loop(
        ...[less(get(length), add(get(at), i32(16))), branchIf(1)],
        ...[lanesEqual(get(digits), get(digits)), set(valid)],
        ...[pack(0), set(packed)],
        narrow32(get(packed), pack(16)),
        set(packed),
        ...[[...allLanes(get(valid)), 0x45], branchIf(1)],
        storeHalf(toByte, narrow16(get(packed), get(packed))),
        ...[advance(at, i32(16)), branch(0)],
      ),
    ),
    block(
      loop(
        ...[atLeast(get(at), get(length)), branchIf(1)],
        ...[and(loadUnit(at), i32(0xff)), set(word)],
        when(atLeast(subtract(get(word), i32(0x30)), i32(10)), [
          ...subtract(or(get(word), i32(0x20)), i32(0x27)),
          ...tee(word),
          ...[...i32(0x3a), 0x6b, ...i32(6), 0x4f],
          ...[0x04, 0x40, ...toByte, 0x0f, 0x0b],
        ]),
        ...[or(shiftLeft(get(code), i32(4)), subtract(get(word), i32(0x30))), set(code)],
        when(and(get(at), i32(1)), store8(toByte, get(code))),
        ...[advance(at, i32(1)), branch(0)],
      ),
    ),
    shiftRight(get(length), i32(1)),
  );
}
