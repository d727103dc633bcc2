/**
 * How a guest and the host's TLS talk (kernel/net/tls-file.ts): values as JSON, with the bytes that they
 * hold behind it in their order. Both ends share this file, and the host reads it as hostile.
 */
import { decodeUtf8, encodeUtf8 } from "../../../kernel/abi.ts";

/** What a guest asks: `operation` of an object, or of the host's library. */
export interface Question {
  readonly operation: string;
  readonly values: readonly unknown[];
}

/** What came of it, and what happened meanwhile in the order in which it did. */
export interface Answer {
  readonly value?: unknown;
  readonly error?: Failure;
  readonly events?: readonly Event[];
}

/** The name of a callback of Node's, or one of `EventName`, with its arguments. */
export type Event = readonly [name: string, ...values: readonly unknown[]];

/** Events that are no callback. */
export const EventName = {
  /** Ciphertext for the stream below. */
  Send: "send",
  /** The last write has left: status, error text. */
  Written: "written",
  /** Plain text. */
  Read: "read",
  /** A negative errno, or the end. */
  ReadStatus: "readStatus",
  /** The name that a client asked for. */
  Servername: "servername",
} as const;

/** An error of the host's library, for the other side to make it again. */
export interface Failure {
  readonly type: "Error" | "TypeError" | "RangeError";
  readonly message: string;
  /** `code`, `library`, `reason` and their like. */
  readonly fields: Readonly<Record<string, unknown>>;
}

const HEADER = 4;
/** Stands in JSON for so many of the bytes behind it. */
const BYTES = "$bytes";

export function pack(value: unknown): Uint8Array {
  const blobs: Uint8Array[] = [];
  const json = encodeUtf8(JSON.stringify(lowered(value, blobs)) ?? "null");
  let length = HEADER + json.length;
  for (const blob of blobs) length += blob.length;
  const message = new Uint8Array(length);
  new DataView(message.buffer).setUint32(0, json.length, true);
  message.set(json, HEADER);
  let at = HEADER + json.length;
  for (const blob of blobs) {
    message.set(blob, at);
    at += blob.length;
  }
  return message;
}

/** The value; bytes in it are views of `message`. Throws for what is no message. */
export function unpack(message: Uint8Array): unknown {
  const view = new DataView(message.buffer, message.byteOffset, message.byteLength);
  const end = HEADER + view.getUint32(0, true);
  if (end > message.length) throw new RangeError("a message ends before its text");
  return raised(JSON.parse(decodeUtf8(message, HEADER, end)), { message, at: end });
}

function lowered(value: unknown, blobs: Uint8Array[]): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (value instanceof Uint8Array) {
    blobs.push(value);
    return { [BYTES]: value.length };
  }
  if (Array.isArray(value)) return value.map((item) => lowered(item, blobs));
  const plain: Record<string, unknown> = {};
  for (const [key, item] of Object.entries(value)) plain[key] = lowered(item, blobs);
  return plain;
}

interface Blobs {
  readonly message: Uint8Array;
  at: number;
}

function raised(value: unknown, blobs: Blobs): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map((item) => raised(item, blobs));
  const fields = value as Record<string, unknown>;
  const length = fields[BYTES];
  if (typeof length === "number") {
    const start = blobs.at;
    const end = start + length;
    if (!(Number.isInteger(length) && length >= 0 && end <= blobs.message.length)) {
      throw new RangeError("a message ends before its bytes");
    }
    blobs.at = end;
    return blobs.message.subarray(start, end);
  }
  const made: Record<string, unknown> = Object.create(null);
  for (const key of Object.keys(fields)) made[key] = raised(fields[key], blobs);
  return made;
}
