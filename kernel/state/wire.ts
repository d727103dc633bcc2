/**
 * How records are laid out in chunks: little-endian numbers of variable length, byte strings with their
 * length before them. A reader trusts nothing: whatever does not fit is EIO.
 */
import { decodeUtf8, encodeUtf8 } from "../bytes.ts";
import { Errno, fail } from "../errno.ts";
import type { Hash } from "./chunk-store.ts";

const HASH_BYTES = 32;
const SEVEN_BITS = 128;
/** Bytes that a safe integer takes at most. */
const NUMBER_BYTES = 8;
const DIGITS = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

/** The one answer to records that make no sense. */
export function corrupt(): never {
  return fail(Errno.EIO);
}

export class Writer {
  #bytes = new Uint8Array(256);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  byte(value: number): void {
    this.#room(1);
    this.#bytes[this.#length++] = value;
  }

  /** A safe integer from 0 on. */
  number(value: number): void {
    this.#room(NUMBER_BYTES);
    let rest = value;
    while (rest >= SEVEN_BITS) {
      this.#bytes[this.#length++] = (rest % SEVEN_BITS) | SEVEN_BITS;
      rest = Math.floor(rest / SEVEN_BITS);
    }
    this.#bytes[this.#length++] = rest;
  }

  /** 64 bits with a sign. */
  time(value: bigint): void {
    this.#room(8);
    const bits = BigInt.asUintN(64, value);
    this.#word(Number(bits & 0xffff_ffffn));
    this.#word(Number(bits >> 32n));
  }

  /** A short distance takes few bytes. */
  distance(value: bigint): void {
    let rest = value < 0n ? -2n * value - 1n : 2n * value;
    this.#room(10);
    for (; rest >= 0x80n; rest >>= 7n) this.#bytes[this.#length++] = Number(rest & 0x7fn) | 0x80;
    this.#bytes[this.#length++] = Number(rest);
  }

  raw(bytes: Uint8Array): void {
    this.#room(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  bytes(bytes: Uint8Array): void {
    this.number(bytes.length);
    this.raw(bytes);
  }

  text(text: string): void {
    this.bytes(encodeUtf8(text));
  }

  hash(hash: Hash): void {
    this.#room(HASH_BYTES);
    for (let at = 0; at < 2 * HASH_BYTES; at += 2)
      this.#bytes[this.#length++] = Number.parseInt(hash.slice(at, at + 2), 16);
  }

  optional<T>(value: T | undefined, write: (value: T) => void): void {
    this.byte(value === undefined ? 0 : 1);
    if (value !== undefined) write(value);
  }

  take(): Uint8Array {
    return this.#bytes.slice(0, this.#length);
  }

  #word(value: number): void {
    for (let shift = 0; shift < 32; shift += 8) this.#bytes[this.#length++] = value >>> shift;
  }

  #room(count: number): void {
    const wanted = this.#length + count;
    if (wanted <= this.#bytes.length) return;
    const larger = new Uint8Array(Math.max(wanted, 2 * this.#bytes.length));
    larger.set(this.#bytes);
    this.#bytes = larger;
  }
}

export class Reader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get atEnd(): boolean {
    return this.#at === this.#bytes.length;
  }

  byte(): number {
    return this.#bytes[this.#at++] ?? corrupt();
  }

  number(max = Number.MAX_SAFE_INTEGER): number {
    let value = 0;
    let factor = 1;
    for (let i = 0; i < NUMBER_BYTES; i++, factor *= SEVEN_BITS) {
      const byte = this.byte();
      value += (byte % SEVEN_BITS) * factor;
      if (byte >= SEVEN_BITS) continue;
      // One number has one form.
      if (value > max || (byte === 0 && i > 0)) corrupt();
      return value;
    }
    return corrupt();
  }

  time(): bigint {
    const low = this.#word();
    return BigInt.asIntN(64, (BigInt(this.#word()) << 32n) | BigInt(low));
  }

  distance(): bigint {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.byte();
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return (value & 1n) === 0n ? value >> 1n : -((value + 1n) >> 1n);
    }
    return corrupt();
  }

  raw(length: number): Uint8Array {
    const end = this.#at + length;
    if (end > this.#bytes.length) corrupt();
    const part = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return part;
  }

  /** A part of the chunk itself: not to be changed. */
  bytes(max: number): Uint8Array {
    return this.raw(this.number(max));
  }

  text(max: number): string {
    return decodeUtf8(this.bytes(max));
  }

  hash(): Hash {
    let hash = "";
    for (const byte of this.raw(HASH_BYTES)) hash += DIGITS[byte];
    return hash;
  }

  optional<T>(read: () => T): T | undefined {
    const flag = this.byte();
    if (flag > 1) corrupt();
    return flag === 1 ? read() : undefined;
  }

  end(): void {
    if (!this.atEnd) corrupt();
  }

  #word(): number {
    let value = 0;
    for (let factor = 1; factor < 2 ** 32; factor *= 256) value += this.byte() * factor;
    return value;
  }
}
