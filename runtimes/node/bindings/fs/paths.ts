/**
 * Paths as `lib/` gives and takes them. Kernel text has a lone surrogate for each byte that is not UTF-8
 * (kernel/bytes.ts); JavaScript has a Buffer for such names, and U+FFFD where it asked for a string.
 */
import { decodeUtf8, encodeUtf8 } from "../../../../kernel/abi.ts";
import type { Environment } from "../../environment.ts";

/** A string or bytes as kernel text. Strings' own lone surrogates are U+FFFD, as in UTF-8 of V8's. */
export function toPath(value: unknown): string {
  if (typeof value === "string") return value.isWellFormed() ? value : value.toWellFormed();
  if (ArrayBuffer.isView(value)) {
    return decodeUtf8(new Uint8Array(value.buffer, value.byteOffset, value.byteLength));
  }
  return String(value);
}

/** Kernel text in the encoding that `lib/` asked for: a string, or a Buffer. */
export function fromPath(env: Environment, text: string, encoding: unknown): unknown {
  if (encoding === undefined || encoding === null || encoding === "utf8" || encoding === "utf-8") {
    return text.isWellFormed() ? text : replaced(env, text);
  }
  const { Buffer } = env.requireBuiltin<{ Buffer: BufferLike }>("buffer");
  const bytes = encodeUtf8(text);
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  return encoding === "buffer" ? buffer : buffer.toString(encoding as string);
}

/** The order of names by their bytes, as scandir(3) with strcmp has it. */
export function compareNames(left: string, right: string): number {
  const length = Math.min(left.length, right.length);
  for (let i = 0; i < length; i++) {
    const difference = rank(left.charCodeAt(i)) - rank(right.charCodeAt(i));
    if (difference !== 0) return difference;
  }
  return left.length - right.length;
}

/** UTF-16's surrogates stand behind all other units in UTF-8. */
function rank(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit;
}

function replaced(env: Environment, text: string): string {
  const { Buffer } = env.requireBuiltin<{ Buffer: BufferLike }>("buffer");
  const bytes = encodeUtf8(text);
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("utf8");
}

export interface BufferLike {
  from(buffer: ArrayBufferLike, offset: number, length: number): BufferInstance;
  from(text: string, encoding: string): BufferInstance;
  alloc(length: number): BufferInstance;
}

export interface BufferInstance extends Uint8Array {
  toString(encoding?: string): string;
}
