/**
 * Bounds what a module may grow to, by rewriting the limits in its binary before it is compiled: a
 * module that names no maximum for its memory, or a larger one, gets ours, which the engine then
 * enforces at `memory.grow` as WebAssembly has it. Tables likewise: their entries lie in the isolate's
 * heap. https://webassembly.github.io/spec/core/binary/modules.html
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
const Section = { Table: 4, Memory: 5 } as const;
const LIMITS_HAS_MAXIMUM = 1;
const LIMITS_IS_64 = 4;
/** A table with an initializer begins with this byte where the element type would be. */
const TABLE_WITH_INITIALIZER = 0x40;

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
    if (id === Section.Memory) parts.push(section(id, limitMemories(content, limits.memoryPages)));
    else if (id === Section.Table)
      parts.push(section(id, limitTables(content, limits.tableEntries)));
    else parts.push(bytes.subarray(start, cursor.at));
  }
  return concatenate(parts);
}

function limitMemories(content: Uint8Array, most: number): number[] {
  const cursor = new Cursor(content, 0);
  const count = cursor.unsigned();
  const result = leb(count);
  for (let i = 0; i < count; i++) result.push(...limitedLimits(cursor, most));
  return result;
}

function limitTables(content: Uint8Array, most: number): number[] {
  const cursor = new Cursor(content, 0);
  const count = cursor.unsigned();
  const result = leb(count);
  for (let i = 0; i < count; i++) {
    // Published tools' tables are plain ones; the rest of the format is a later proposal's.
    const type = cursor.byte();
    if (type === TABLE_WITH_INITIALIZER || type === 0x63 || type === 0x64) {
      throw new KernelError(Errno.ENOEXEC);
    }
    result.push(type, ...limitedLimits(cursor, most));
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
