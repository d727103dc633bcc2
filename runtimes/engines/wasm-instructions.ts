/**
 * The instructions of WebAssembly as far as their length: what follows an opcode. MVP, sign extension,
 * saturating conversion, bulk memory, reference types, tail calls, exceptions and SIMD; ENOEXEC for others.
 * https://webassembly.github.io/spec/core/appendix/index-instructions.html
 */
import { Errno, KernelError } from "../../kernel/index.ts";
import type { BinaryReader, BinaryWriter } from "./wasm-binary.ts";

export const Instruction = {
  Loop: 0x03,
  If: 0x04,
  End: 0x0b,
  Call: 0x10,
  ReturnCall: 0x12,
  GlobalGet: 0x23,
  GlobalSet: 0x24,
  I32Const: 0x41,
  I32Eqz: 0x45,
  I32Sub: 0x6b,
  RefFunc: 0xd2,
} as const;

/** What follows an opcode: so many LEB128 numbers, or what needs a look of its own. */
type Shape =
  | number
  | "block"
  | "branches"
  | "types"
  | "f32"
  | "f64"
  | "memory"
  | "fc"
  | "fd"
  | "catches";

const SHAPES: Shape[] = [];
const of = (shape: Shape, ...opcodes: number[]) => {
  for (const opcode of opcodes) SHAPES[opcode] = shape;
};
const range = (first: number, last: number) =>
  Array.from({ length: last - first + 1 }, (_, i) => first + i);

// unreachable, nop, else, throw_ref, end, return, drop, select, delegate's and rethrow's like below
of(0, 0x00, 0x01, 0x05, 0x0a, 0x0b, 0x0f, 0x1a, 0x1b, 0x19, 0xd1);
of("block", 0x02, 0x03, 0x04, 0x06);
of("catches", 0x1f);
// catch, throw, rethrow, br, br_if, call, return_call, delegate, locals, globals, tables, memory.size
of(1, 0x07, 0x08, 0x09, 0x0c, 0x0d, 0x10, 0x12, 0x18, ...range(0x20, 0x26), 0x3f, 0x40);
of("branches", 0x0e);
// call_indirect, return_call_indirect
of(2, 0x11, 0x13);
of("types", 0x1c);
of("memory", ...range(0x28, 0x3e));
of(1, 0x41, 0x42, 0xd0, 0xd2);
of("f32", 0x43);
of("f64", 0x44);
of(0, ...range(0x45, 0xc4));
of("fc", 0xfc);
of("fd", 0xfd);

/** An index of a memory other than the first follows the alignment. */
const HAS_MEMORY_INDEX = 0x40;

/** What the instruction names is a function. */
function namesFunction(opcode: number): boolean {
  const { Call, ReturnCall, RefFunc } = Instruction;
  return opcode === Call || opcode === ReturnCall || opcode === RefFunc;
}

/**
 * Copies instructions up to the end of the reader, or of one expression, and moves the indices of the
 * functions that they name; `loop` is put behind each beginning of a loop.
 */
export function copyInstructions(
  reader: BinaryReader,
  writer: BinaryWriter,
  move: (index: number) => number,
  loop: readonly number[] | undefined,
): void {
  let copied = reader.at;
  const copy = () => {
    writer.bytes(reader.source.subarray(copied, reader.at));
    copied = reader.at;
  };
  while (!reader.atEnd) {
    const opcode = reader.byte();
    if (namesFunction(opcode)) {
      copy();
      writer.unsigned(move(reader.unsigned()));
      copied = reader.at;
      continue;
    }
    skipRest(reader, SHAPES[opcode]);
    if (opcode === Instruction.Loop && loop) {
      copy();
      writer.bytes(loop);
    }
    if (opcode === Instruction.End && !loop) break;
  }
  copy();
}

function skipRest(reader: BinaryReader, shape: Shape | undefined): void {
  switch (shape) {
    case "block":
      reader.skipNumber();
      return;
    case "branches":
      for (let left = reader.unsigned() + 1; left > 0; left--) reader.skipNumber();
      return;
    case "types":
      reader.take(reader.unsigned());
      return;
    case "f32":
      reader.take(4);
      return;
    case "f64":
      reader.take(8);
      return;
    case "memory":
      skipMemoryArgument(reader);
      return;
    case "fc":
      skipNumbers(reader, prefixedFc(reader.unsigned()));
      return;
    case "fd":
      skipSimd(reader, reader.unsigned());
      return;
    case "catches":
      skipCatches(reader);
      return;
    case undefined:
      throw new KernelError(Errno.ENOEXEC);
    default:
      skipNumbers(reader, shape);
  }
}

function skipNumbers(reader: BinaryReader, count: number): void {
  for (let left = count; left > 0; left--) reader.skipNumber();
}

function skipMemoryArgument(reader: BinaryReader): void {
  const alignment = reader.unsigned();
  if ((alignment & HAS_MEMORY_INDEX) !== 0) reader.skipNumber();
  reader.skipNumber();
}

/** Saturating conversions, bulk memory, tables: how many numbers follow. */
function prefixedFc(opcode: number): number {
  if (opcode <= 7) return 0;
  // memory.init, memory.copy, table.init, table.copy
  if ([8, 10, 12, 14].includes(opcode)) return 2;
  // data.drop, memory.fill, elem.drop, table.grow, table.size, table.fill
  if ([9, 11, 13, 15, 16, 17].includes(opcode)) return 1;
  throw new KernelError(Errno.ENOEXEC);
}

function skipSimd(reader: BinaryReader, opcode: number): void {
  if (opcode <= 11 || opcode === 92 || opcode === 93) skipMemoryArgument(reader);
  else if (opcode === 12 || opcode === 13) reader.take(16);
  else if (opcode >= 21 && opcode <= 34) reader.take(1);
  else if (opcode >= 84 && opcode <= 91) {
    skipMemoryArgument(reader);
    reader.take(1);
  }
}

/** try_table: a block type, and what it catches. */
function skipCatches(reader: BinaryReader): void {
  reader.skipNumber();
  for (let left = reader.unsigned(); left > 0; left--) {
    const isForAll = reader.byte() >= 2;
    skipNumbers(reader, isForAll ? 1 : 2);
  }
}
