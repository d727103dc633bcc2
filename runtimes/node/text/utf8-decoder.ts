/**
 * One step of the decoder of https://encoding.spec.whatwg.org/#utf-8-decoder, as instructions: what the
 * modules of string-module.ts and of an engine's own have in common. What they make of ASCII is theirs.
 */
import {
  add,
  advance,
  and,
  atLeast,
  block,
  branch,
  branchIf,
  type Code,
  choose,
  equal,
  get,
  i32,
  less,
  load8,
  loop,
  or,
  set,
  shiftLeft,
  shiftRight,
  subtract,
  tee,
  when,
} from "./wasm-code.ts";

/** Locals: `at` is the next byte's address, `length` where the last one ends; the others are for the step. */
export interface DecoderLocals {
  readonly at: number;
  readonly length: number;
  readonly word: number;
  readonly code: number;
  readonly need: number;
  readonly low: number;
  readonly high: number;
}

/**
 * Reads the next character and emits its units, U+FFFD for each maximal part of what is none. Stands at the
 * end of a loop, which it goes on with, within a block, which it leaves at the end.
 */
export function decodeUtf8Step(locals: DecoderLocals, emit: (unit: Code) => Code): Code {
  const { at, length, word, code, need, low, high } = locals;
  const sequence = (bits: number, count: number, first: Code, last: Code): Code => [
    ...[...and(get(code), i32(bits)), ...set(word)],
    ...[...i32(count), ...set(need)],
    ...[...first, ...set(low), ...last, ...set(high)],
  ];
  const isLead = (from: number, to: number): Code =>
    less(subtract(get(code), i32(from)), i32(to - from + 1));
  return [
    ...[...atLeast(get(at), get(length)), ...branchIf(1)],
    ...[...load8(get(at)), ...set(code), ...advance(at, i32(1))],
    ...when(less(get(code), i32(0x80)), [...emit(get(code)), ...branch(1)]),
    ...[...i32(0), ...set(need)],
    ...when(isLead(0xc2, 0xdf), sequence(0x1f, 1, i32(0x80), i32(0xbf))),
    ...when(
      isLead(0xe0, 0xef),
      sequence(
        ...([0x0f, 2] as const),
        choose(equal(get(code), i32(0xe0)), i32(0xa0), i32(0x80)),
        choose(equal(get(code), i32(0xed)), i32(0x9f), i32(0xbf)),
      ),
    ),
    ...when(
      isLead(0xf0, 0xf4),
      sequence(
        ...([0x07, 3] as const),
        choose(equal(get(code), i32(0xf0)), i32(0x90), i32(0x80)),
        choose(equal(get(code), i32(0xf4)), i32(0x8f), i32(0xbf)),
      ),
    ),
    ...block(
      block(
        ...[get(need), [0x45], branchIf(0)],
        loop(
          ...[atLeast(get(at), get(length)), branchIf(1)],
          ...[load8(get(at)), tee(code), get(low), [0x49], branchIf(1)],
          ...[less(get(high), get(code)), branchIf(1)],
          ...[or(shiftLeft(get(word), i32(6)), and(get(code), i32(0x3f))), set(word)],
          ...[i32(0x80), set(low), i32(0xbf), set(high), advance(at, i32(1))],
          ...[subtract(get(need), i32(1)), tee(need), branchIf(0)],
        ),
        branch(1),
      ),
      ...[emit(i32(0xfffd)), branch(1)],
    ),
    ...when(atLeast(get(word), i32(0x10000)), [
      ...[...emit(highSurrogate(word)), ...emit(lowSurrogate(word))],
      ...branch(1),
    ]),
    ...[...emit(get(word)), ...branch(0)],
  ];
}

export const highSurrogate = (code: number): Code =>
  add(shiftRight(get(code), i32(10)), i32(0xd7c0));
export const lowSurrogate = (code: number): Code => or(and(get(code), i32(0x3ff)), i32(0xdc00));
