/**
 * How system-call arguments and results travel as bytes between a guest and the kernel: little-endian,
 * unaligned, each value by its codec. Both ends share this file. A reader trusts nothing: whatever lies
 * outside the message is EFAULT.
 */
import { decodeUtf8, encodeUtf8Into } from "../bytes.ts";
import { Errno, fail } from "../errno.ts";

export interface Codec<T> {
  /** For traces and the reference page: `i32`, `str`, `Stat[]`. */
  readonly name: string;
  write(writer: Writer, value: T): void;
  read(reader: Reader): T;
}

/** Writes into a fixed area; ENOMEM where it does not fit. */
export class Writer {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  at: number;

  constructor(bytes: Uint8Array, at = 0) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.at = at;
  }

  /** Takes the next `length` bytes and returns their offset. */
  take(length: number): number {
    const at = this.at;
    if (at + length > this.bytes.length) fail(Errno.ENOMEM);
    this.at = at + length;
    return at;
  }
}

export class Reader {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  at: number;
  end: number;
  /** Where a call's `out` buffers are filled: reply bytes of the transport. */
  readonly scratch: Uint8Array;
  /** Bytes are given as copies, for a message whose memory serves another one before they are used. */
  copies = false;
  #scratchUsed = 0;

  constructor(bytes: Uint8Array, at: number, end: number, scratch: Uint8Array) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.at = at;
    this.end = Math.min(end, bytes.length);
    this.scratch = scratch;
  }

  /** Starts over on another message in the same memory. */
  reset(at: number, end: number): void {
    this.at = at;
    this.end = Math.min(end, this.bytes.length);
    this.#scratchUsed = 0;
  }

  take(length: number): number {
    const at = this.at;
    if (at + length > this.end) fail(Errno.EFAULT);
    this.at = at + length;
    return at;
  }

  /** An output buffer of at most `length` bytes; shorter where the transport carries less. */
  output(length: number): Uint8Array {
    const start = this.#scratchUsed;
    this.#scratchUsed = Math.min(start + length, this.scratch.length);
    return this.scratch.subarray(start, this.#scratchUsed);
  }
}

export const i32: Codec<number> = {
  name: "i32",
  write: (writer, value) => writer.view.setInt32(writer.take(4), value, true),
  read: (reader) => reader.view.getInt32(reader.take(4), true),
};

export const u32: Codec<number> = {
  name: "u32",
  write: (writer, value) => writer.view.setUint32(writer.take(4), value, true),
  read: (reader) => reader.view.getUint32(reader.take(4), true),
};

/** Sizes and offsets: whole numbers up to 2^53. */
export const f64: Codec<number> = {
  name: "f64",
  write: (writer, value) => writer.view.setFloat64(writer.take(8), value, true),
  read: (reader) => reader.view.getFloat64(reader.take(8), true),
};

export const i64: Codec<bigint> = {
  name: "i64",
  write: (writer, value) => writer.view.setBigInt64(writer.take(8), value, true),
  read: (reader) => reader.view.getBigInt64(reader.take(8), true),
};

/** Sets of signals: bit n-1 stands for signal n. */
export const u64: Codec<bigint> = {
  name: "u64",
  write: (writer, value) => writer.view.setBigUint64(writer.take(8), value, true),
  read: (reader) => reader.view.getBigUint64(reader.take(8), true),
};

export const bool: Codec<boolean> = {
  name: "bool",
  write: (writer, value) => writer.view.setUint8(writer.take(1), value ? 1 : 0),
  read: (reader) => reader.view.getUint8(reader.take(1)) !== 0,
};

/** Kernel text: UTF-8 with surrogate escape. */
export const str: Codec<string> = {
  name: "str",
  write(writer, value) {
    const at = writer.take(4);
    if (writer.at + value.length * 3 > writer.bytes.length) writeTight(writer, value);
    else writer.at += encodeUtf8Into(value, writer.bytes, writer.at);
    writer.view.setUint32(at, writer.at - at - 4, true);
  },
  read(reader) {
    const length = u32.read(reader);
    const at = reader.take(length);
    return decodeUtf8(reader.bytes, at, at + length);
  },
};

/** Bytes into the kernel. The handler sees the guest's memory: it must copy, and read each byte once. */
export const bytes: Codec<Uint8Array> = {
  name: "bytes",
  write(writer, value) {
    u32.write(writer, value.length);
    writer.bytes.set(value, writer.take(value.length));
  },
  read(reader) {
    const length = u32.read(reader);
    const at = reader.take(length);
    const found = reader.bytes.subarray(at, at + length);
    return reader.copies ? found.slice() : found;
  },
};

/** A buffer that the kernel fills. Only its length travels in; the call's result says how much came back. */
export const out: Codec<Uint8Array> = {
  name: "out",
  write: (writer, value) => u32.write(writer, value.length),
  read: (reader) => reader.output(u32.read(reader)),
};

export const nothing: Codec<void> = { name: "void", write() {}, read() {} };

export function array<T>(item: Codec<T>): Codec<readonly T[]> {
  return {
    name: `${item.name}[]`,
    write(writer, values) {
      u32.write(writer, values.length);
      for (const value of values) item.write(writer, value);
    },
    read(reader) {
      const length = u32.read(reader);
      if (length > reader.end - reader.at) fail(Errno.EFAULT);
      const values: T[] = [];
      for (let i = 0; i < length; i++) values.push(item.read(reader));
      return values;
    },
  };
}

export function optional<T>(item: Codec<T>): Codec<T | undefined> {
  return {
    name: `${item.name}?`,
    write(writer, value) {
      bool.write(writer, value !== undefined);
      if (value !== undefined) item.write(writer, value);
    },
    read: (reader) => (bool.read(reader) ? item.read(reader) : undefined),
  };
}

export function struct<T extends object>(
  name: string,
  fields: { readonly [K in keyof T]: Codec<T[K]> },
): Codec<T> {
  const keys = Object.keys(fields) as (keyof T & string)[];
  return {
    name,
    write(writer, value) {
      for (const key of keys) fields[key].write(writer, value[key]);
    },
    read(reader) {
      const value: Partial<T> = {};
      for (const key of keys) value[key] = fields[key].read(reader);
      return value as T;
    },
  };
}

/** Encodes text near the end of the area, where the worst case would not fit but the text may. */
function writeTight(writer: Writer, value: string): void {
  const encoded = new Uint8Array(value.length * 3);
  const length = encodeUtf8Into(value, encoded);
  writer.bytes.set(encoded.subarray(0, length), writer.take(length));
}
