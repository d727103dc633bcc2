/**
 * Bounds what a module may grow to, by rewriting the limits in its binary before it is compiled: a
 * module that names no maximum for its memory, or a larger one, gets ours, which the engine then
 * enforces at `memory.grow` as WebAssembly has it. Tables likewise. Several share the bound. Types that
 * are garbage-collected, and exceptions that are values, are refused: isolated-vm does not bound the
 * heap that a wasm loop fills.
 * https://webassembly.github.io/spec/core/binary/modules.html
 */
import { Errno, KernelError } from "../../kernel/index.ts";

export interface WasmLimits {
  /** 64 KiB each. */
  readonly memoryPages: number;
  readonly tableEntries: number;
}

/** 1 GiB of memory. */
export const DEFAULT_WASM_LIMITS: WasmLimits = { memoryPages: 16_384, tableEntries: 1 << 20 };

const HEADER_BYTES = 8;
const Section = { Type: 1, Table: 4, Memory: 5 } as const;
const FUNCTION_TYPE = 0x60;
const REFERENCE = 0x64;
const NULLABLE_REFERENCE = 0x63;
/** An exception that carries another one makes a list of any length. */
const EXCEPTION = 0x69;
const LIMITS_HAS_MAXIMUM = 1;
const LIMITS_IS_64 = 4;
/** Of functions, and of what the host lends. */
const PLAIN_TABLES = new Set([0x70, 0x6f]);

/**
 * The same module with limits of at most `limits`. ENOEXEC for bytes that are no module, ENOMEM for one
 * that needs more from the start.
 */
export function limitModule(bytes: Uint8Array, limits: WasmLimits): Uint8Array<ArrayBuffer> {
  if (bytes.length < HEADER_BYTES) throw new KernelError(Errno.ENOEXEC);
  const parts: Uint8Array[] = [bytes.subarray(0, HEADER_BYTES)];
  for (const cursor = new Cursor(bytes, HEADER_BYTES); cursor.at < bytes.length; ) {
    const start = cursor.at;
    const id = cursor.byte();
    const size = cursor.unsigned();
    const body = cursor.at;
    cursor.skip(size);
    const content = bytes.subarray(body, body + size);
    if (id === Section.Type) checkTypes(content);
    if (id === Section.Memory) parts.push(section(id, limitMemories(content, limits.memoryPages)));
    else if (id === Section.Table)
      parts.push(section(id, limitTables(content, limits.tableEntries)));
    else parts.push(bytes.subarray(start, cursor.at));
  }
  return concatenate(parts);
}

/** Functions alone. What their parameters are does not matter, only that each type is one of them. */
function checkTypes(content: Uint8Array): void {
  const cursor = new Cursor(content, 0);
  const count = cursor.unsigned();
  for (let i = 0; i < count; i++) {
    if (cursor.byte() !== FUNCTION_TYPE) throw new KernelError(Errno.ENOEXEC);
    for (const _ of ["parameters", "results"]) {
      for (let values = cursor.unsigned(); values > 0; values--) skipValueType(cursor);
    }
  }
}

function skipValueType(cursor: Cursor): void {
  const type = cursor.byte();
  const isReference = type === REFERENCE || type === NULLABLE_REFERENCE;
  const heapType = isReference ? cursor.unsigned() : type;
  if (heapType === EXCEPTION) throw new KernelError(Errno.ENOEXEC);
}

function limitMemories(content: Uint8Array, most: number): number[] {
  const cursor = new Cursor(content, 0);
  const count = cursor.unsigned();
  const result = leb(count);
  const share = Math.floor(most / Math.max(count, 1));
  for (let i = 0; i < count; i++) result.push(...limitedLimits(cursor, share));
  return result;
}

function limitTables(content: Uint8Array, most: number): number[] {
  const cursor = new Cursor(content, 0);
  const count = cursor.unsigned();
  const result = leb(count);
  const share = Math.floor(most / Math.max(count, 1));
  for (let i = 0; i < count; i++) {
    // Published tools' tables are plain ones; the rest of the format is a later proposal's.
    const type = cursor.byte();
    if (!PLAIN_TABLES.has(type)) throw new KernelError(Errno.ENOEXEC);
    result.push(type, ...limitedLimits(cursor, share));
  }
  return result;
}

function limitedLimits(cursor: Cursor, most: number): number[] {
  const flags = cursor.byte();
  // Shared memories need their maximum, and 64-bit ones cannot be served: no import takes 64-bit addresses.
  if ((flags & LIMITS_IS_64) !== 0) throw new KernelError(Errno.ENOEXEC);
  const least = cursor.unsigned();
  const maximum = (flags & LIMITS_HAS_MAXIMUM) !== 0 ? cursor.unsigned() : most;
  if (least > most) throw new KernelError(Errno.ENOMEM);
  return [flags | LIMITS_HAS_MAXIMUM, ...leb(least), ...leb(Math.min(maximum, most))];
}

/** Reads what the module says; ENOEXEC where it ends too early or a number is too long. */
class Cursor {
  readonly #bytes: Uint8Array;
  at: number;

  constructor(bytes: Uint8Array, at: number) {
    this.#bytes = bytes;
    this.at = at;
  }

  byte(): number {
    const value = this.#bytes[this.at++];
    if (value === undefined) throw new KernelError(Errno.ENOEXEC);
    return value;
  }

  unsigned(): number {
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.byte();
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
    throw new KernelError(Errno.ENOEXEC);
  }

  skip(count: number): void {
    this.at += count;
    if (this.at > this.#bytes.length) throw new KernelError(Errno.ENOEXEC);
  }
}

function section(id: number, content: readonly number[]): Uint8Array {
  return Uint8Array.from([id, ...leb(content.length), ...content]);
}

function leb(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  do {
    const low = rest % 128;
    rest = Math.floor(rest / 128);
    bytes.push(rest > 0 ? low | 0x80 : low);
  } while (rest > 0);
  return bytes;
}

function concatenate(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const result = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    result.set(part, at);
    at += part.length;
  }
  return result;
}
