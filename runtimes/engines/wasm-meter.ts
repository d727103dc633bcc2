/**
 * Lets a program that only computes be interrupted where it shares the kernel's thread: each loop of the
 * binary counts its turns, and after so many calls the import `isopod.turn`, at which the engine can
 * suspend or end it. The import is the last one, so functions of the module move up by one, and every
 * place that names one is rewritten.
 * https://webassembly.github.io/spec/core/binary/
 */
import { Errno, KernelError } from "../../kernel/index.ts";
import { BinaryReader, BinaryWriter } from "./wasm-binary.ts";
import { copyInstructions, Instruction } from "./wasm-instructions.ts";

/** Turns of loops between two calls of the import: some tenths of a millisecond. */
const TURNS = 1 << 18;

const HEADER_BYTES = 8;
const Section = {
  Custom: 0,
  Type: 1,
  Import: 2,
  Function: 3,
  Global: 6,
  Export: 7,
  Start: 8,
  Element: 9,
  Code: 10,
} as const;
/** Sections stand in this order; by number, but for two that came later. */
const ORDER = [1, 2, 3, 4, 5, 13, 6, 7, 8, 9, 12, 10, 11];
const Kind = { Function: 0, Table: 1, Memory: 2, Global: 3, Tag: 4 } as const;
const I32 = 0x7f;
const VOID = 0x40;
const FUNCTION_TYPE = 0x60;

/** What of the module is counted before anything is rewritten. */
interface Counts {
  readonly types: number;
  readonly functionImports: number;
  readonly globals: number;
}

interface Plan extends Counts {
  /** Bytes of the function that has no meter. */
  readonly unmetered: number | undefined;
}

/**
 * The same module with a meter; ENOEXEC for bytes that are none, or that hold what is not known here.
 * `largest` says whether its largest function has one too: an interpreter's loop asks by itself.
 */
export function meterModule(bytes: Uint8Array, largest = true): Uint8Array<ArrayBuffer> {
  const sections = readSections(bytes);
  const counts = { ...count(sections), unmetered: largest ? undefined : largestBody(sections) };
  const move = (index: number) => (index < counts.functionImports ? index : index + 1);
  const writer = new BinaryWriter(bytes.length + (bytes.length >> 3));
  writer.bytes(bytes.subarray(0, HEADER_BYTES));
  for (const id of ORDER) {
    const content = rewrite(id, sections.get(id), counts, move);
    if (content === undefined) continue;
    writer.byte(id);
    writer.unsigned(content.length);
    writer.bytes(content);
  }
  return writer.result();
}

function readSections(bytes: Uint8Array): ReadonlyMap<number, Uint8Array> {
  const sections = new Map<number, Uint8Array>();
  const reader = new BinaryReader(bytes, HEADER_BYTES);
  while (!reader.atEnd) {
    const id = reader.byte();
    const content = reader.take(reader.unsigned());
    // Names of functions would be wrong, and nothing else is needed to run it.
    if (id === Section.Custom) continue;
    if (sections.has(id) || !ORDER.includes(id)) throw new KernelError(Errno.ENOEXEC);
    sections.set(id, content);
  }
  return sections;
}

function count(sections: ReadonlyMap<number, Uint8Array>): Counts {
  const imports = sections.get(Section.Import);
  let functionImports = 0;
  let globals = vectorLength(sections.get(Section.Global));
  if (imports) {
    const reader = new BinaryReader(imports);
    for (let left = reader.unsigned(); left > 0; left--) {
      reader.skipName();
      reader.skipName();
      const kind = reader.byte();
      if (kind === Kind.Function) functionImports++;
      if (kind === Kind.Global) globals++;
      skipDescription(reader, kind);
    }
  }
  return { types: vectorLength(sections.get(Section.Type)), functionImports, globals };
}

function largestBody(sections: ReadonlyMap<number, Uint8Array>): number {
  const reader = new BinaryReader(sections.get(Section.Code) ?? Uint8Array.of(0));
  let most = 0;
  for (let left = reader.unsigned(); left > 0; left--) {
    most = Math.max(most, reader.take(reader.unsigned()).length);
  }
  return most;
}

function vectorLength(content: Uint8Array | undefined): number {
  return content ? new BinaryReader(content).unsigned() : 0;
}

function skipDescription(reader: BinaryReader, kind: number): void {
  switch (kind) {
    case Kind.Function:
      reader.unsigned();
      return;
    case Kind.Table:
      reader.byte();
      reader.skipLimits();
      return;
    case Kind.Memory:
      reader.skipLimits();
      return;
    case Kind.Global:
      reader.take(2);
      return;
    case Kind.Tag:
      reader.byte();
      reader.unsigned();
      return;
    default:
      throw new KernelError(Errno.ENOEXEC);
  }
}

type Move = (index: number) => number;

/** The section's new content; undefined where there is none. */
function rewrite(
  id: number,
  content: Uint8Array | undefined,
  counts: Plan,
  move: Move,
): Uint8Array | undefined {
  switch (id) {
    case Section.Type:
      return appended(content, [FUNCTION_TYPE, 0, 0]);
    case Section.Import:
      return appended(content, importEntry(counts));
    case Section.Global:
      return appended(content && moveGlobals(content, move), turnsLeft());
    case Section.Export:
      return content && moveExports(content, move);
    case Section.Start:
      return content && Uint8Array.from(unsigned(move(new BinaryReader(content).unsigned())));
    case Section.Element:
      return content && moveElements(content, move);
    case Section.Code:
      return content && meterCode(content, counts, move);
    default:
      return content;
  }
}

/** A vector with one entry more. */
function appended(content: Uint8Array | undefined, entry: readonly number[]): Uint8Array {
  const reader = new BinaryReader(content ?? Uint8Array.of(0));
  const writer = new BinaryWriter((content?.length ?? 0) + entry.length + 8);
  writer.unsigned(reader.unsigned() + 1);
  writer.bytes(reader.rest());
  writer.bytes(entry);
  return writer.result();
}

function importEntry({ types }: Counts): number[] {
  const name = (text: string) => [text.length, ...new TextEncoder().encode(text)];
  return [...name("isopod"), ...name("turn"), Kind.Function, ...unsigned(types)];
}

/** The global that counts down. */
function turnsLeft(): number[] {
  return [I32, 1, Instruction.I32Const, ...signed(TURNS), Instruction.End];
}

function moveGlobals(content: Uint8Array, move: Move): Uint8Array {
  return mapVector(content, (reader, writer) => {
    writer.bytes(reader.take(2));
    copyExpression(reader, writer, move);
  });
}

function moveExports(content: Uint8Array, move: Move): Uint8Array {
  return mapVector(content, (reader, writer) => {
    writer.bytes(reader.name());
    const kind = reader.byte();
    writer.byte(kind);
    const index = reader.unsigned();
    writer.unsigned(kind === Kind.Function ? move(index) : index);
  });
}

/** The eight forms of an element segment, told apart by three bits. */
function moveElements(content: Uint8Array, move: Move): Uint8Array {
  return mapVector(content, (reader, writer) => {
    const flags = reader.unsigned();
    if (flags > 7) throw new KernelError(Errno.ENOEXEC);
    writer.unsigned(flags);
    const isActive = (flags & 1) === 0;
    const isExplicit = (flags & 2) !== 0;
    if (isActive && isExplicit) writer.unsigned(reader.unsigned());
    if (isActive) copyExpression(reader, writer, move);
    if (isExplicit || !isActive) writer.byte(reader.byte());
    const length = reader.unsigned();
    writer.unsigned(length);
    for (let i = 0; i < length; i++) {
      if ((flags & 4) !== 0) copyExpression(reader, writer, move);
      else writer.unsigned(move(reader.unsigned()));
    }
  });
}

function meterCode(content: Uint8Array, counts: Plan, move: Move): Uint8Array {
  const meter = meterSequence(counts);
  return mapVector(content, (reader, writer) => {
    const body = reader.take(reader.unsigned());
    const code = new BinaryReader(body);
    const metered = new BinaryWriter(body.length + (body.length >> 2) + 64);
    const locals = code.unsigned();
    metered.unsigned(locals);
    for (let i = 0; i < locals; i++) {
      metered.unsigned(code.unsigned());
      metered.byte(code.byte());
    }
    copyInstructions(code, metered, move, body.length === counts.unmetered ? [] : meter);
    writer.unsigned(metered.length);
    writer.bytes(metered.result());
  });
}

/** `if (turnsLeft == 0) { turn(); turnsLeft = TURNS } turnsLeft -= 1` */
function meterSequence({ functionImports, globals }: Counts): number[] {
  const get = [Instruction.GlobalGet, ...unsigned(globals)];
  const set = [Instruction.GlobalSet, ...unsigned(globals)];
  const constant = (value: number) => [Instruction.I32Const, ...signed(value)];
  return [
    ...get,
    Instruction.I32Eqz,
    ...[Instruction.If, VOID],
    ...[Instruction.Call, ...unsigned(functionImports)],
    ...constant(TURNS),
    ...set,
    Instruction.End,
    ...get,
    ...constant(1),
    Instruction.I32Sub,
    ...set,
  ];
}

function copyExpression(reader: BinaryReader, writer: BinaryWriter, move: Move): void {
  copyInstructions(reader, writer, move, undefined);
}

function mapVector(
  content: Uint8Array,
  map: (reader: BinaryReader, writer: BinaryWriter) => void,
): Uint8Array {
  const reader = new BinaryReader(content);
  const writer = new BinaryWriter(content.length + (content.length >> 3) + 16);
  const length = reader.unsigned();
  writer.unsigned(length);
  for (let i = 0; i < length; i++) map(reader, writer);
  if (!reader.atEnd) throw new KernelError(Errno.ENOEXEC);
  return writer.result();
}

function unsigned(value: number): number[] {
  const writer = new BinaryWriter(8);
  writer.unsigned(value);
  return [...writer.result()];
}

/** Signed LEB128 of a number that is not negative. */
function signed(value: number): number[] {
  const digits = unsigned(value);
  const last = digits.length - 1;
  if (((digits[last] as number) & 0x40) === 0) return digits;
  return [...digits.slice(0, last), (digits[last] as number) | 0x80, 0];
}
