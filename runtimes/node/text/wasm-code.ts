/**
 * Instructions of WebAssembly as lists of bytes, with which string-module.ts and an engine's own text
 * module are written. https://webassembly.github.io/spec/core/binary/instructions.html
 */
export type Code = readonly number[];

export const I32 = 0x7f;
export const I64 = 0x7e;

export const get = (local: number): Code => [0x20, local];
export const set = (local: number): Code => [0x21, local];
export const tee = (local: number): Code => [0x22, local];
export const i32 = (value: number): Code => [0x41, ...signed(value)];
export const call = (index: number): Code => [0x10, index];
export const branch = (depth: number): Code => [0x0c, depth];
export const branchIf = (depth: number): Code => [0x0d, depth];
export const block = (...body: Code[]): Code => [0x02, 0x40, ...body.flat(), 0x0b];
export const loop = (...body: Code[]): Code => [0x03, 0x40, ...body.flat(), 0x0b];
export const when = (condition: Code, then: Code): Code => [
  ...condition,
  ...[0x04, 0x40],
  ...then,
  0x0b,
];
export const choose = (condition: Code, yes: Code, no: Code): Code => [
  ...yes,
  ...no,
  ...condition,
  0x1b,
];

type Binary = (left: Code, right: Code) => Code;
const binary =
  (opcode: number): Binary =>
  (left, right) => [...left, ...right, opcode];
export const equal = binary(0x46);
export const less = binary(0x49);
export const atMost = binary(0x4d);
export const atLeast = binary(0x4f);
export const add = binary(0x6a);
export const subtract = binary(0x6b);
export const and = binary(0x71);
export const or = binary(0x72);
export const shiftLeft = binary(0x74);
export const shiftRight = binary(0x76);

export const load8 = (at: Code, offset = 0): Code => [...at, 0x2d, 0, ...unsigned(offset)];
export const load16 = (at: Code, offset = 0): Code => [...at, 0x2f, 0, ...unsigned(offset)];
export const load32 = (at: Code, offset = 0): Code => [...at, 0x28, 0, ...unsigned(offset)];
export const load64 = (at: Code): Code => [...at, 0x29, 0, 0];
export const store8 = (at: Code, value: Code): Code => [...at, ...value, 0x3a, 0, 0];
export const store16 = (at: Code, value: Code, offset = 0): Code => [
  ...at,
  ...value,
  ...[0x3b, 0, ...unsigned(offset)],
];
export const store32 = (at: Code, value: Code): Code => [...at, ...value, 0x36, 0, 0];
export const advance = (local: number, by: Code): Code => [...add(get(local), by), ...set(local)];

export function section(id: number, items: readonly Code[]): number[] {
  const content = [...unsigned(items.length), ...items.flat()];
  return [id, ...unsigned(content.length), ...content];
}

export function text(value: string): number[] {
  return [value.length, ...Array.from(value, (letter) => letter.charCodeAt(0))];
}

export function unsigned(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...unsigned(value >>> 7)];
}

function signed(value: number): number[] {
  return value >= -0x40 && value < 0x40
    ? [value & 0x7f]
    : [(value & 0x7f) | 0x80, ...signed(value >> 7)];
}
