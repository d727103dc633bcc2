/** Reads and writes the bytes of WebAssembly binaries; ENOEXEC where they end too early. */
import { Errno, KernelError } from "../../kernel/index.ts";

export class BinaryReader {
  readonly source: Uint8Array;
  at: number;

  constructor(source: Uint8Array, at = 0) {
    this.source = source;
    this.at = at;
  }

  get atEnd(): boolean {
    return this.at >= this.source.length;
  }

  byte(): number {
    const value = this.source[this.at++];
    if (value === undefined) throw new KernelError(Errno.ENOEXEC);
    return value;
  }

  /** Up to 32 bits. */
  unsigned(): number {
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.byte();
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
    throw new KernelError(Errno.ENOEXEC);
  }

  /** A LEB128 number of any size. */
  skipNumber(): void {
    while (this.byte() >= 0x80);
  }

  take(length: number): Uint8Array {
    const start = this.at;
    this.at += length;
    if (this.at > this.source.length) throw new KernelError(Errno.ENOEXEC);
    return this.source.subarray(start, this.at);
  }

  rest(): Uint8Array {
    return this.take(this.source.length - this.at);
  }

  /** With its length before it. */
  name(): Uint8Array {
    const start = this.at;
    this.skipName();
    return this.source.subarray(start, this.at);
  }

  skipName(): void {
    this.take(this.unsigned());
  }

  skipLimits(): void {
    const flags = this.byte();
    this.skipNumber();
    if ((flags & 1) !== 0) this.skipNumber();
  }
}

export class BinaryWriter {
  #target: Uint8Array<ArrayBuffer>;
  length = 0;

  constructor(capacity: number) {
    this.#target = new Uint8Array(capacity);
  }

  byte(value: number): void {
    this.#room(1);
    this.#target[this.length++] = value;
  }

  bytes(source: ArrayLike<number>): void {
    this.#room(source.length);
    this.#target.set(source, this.length);
    this.length += source.length;
  }

  unsigned(value: number): void {
    let rest = value;
    while (rest >= 0x80) {
      this.byte((rest % 0x80) | 0x80);
      rest = Math.floor(rest / 0x80);
    }
    this.byte(rest);
  }

  result(): Uint8Array<ArrayBuffer> {
    return this.#target.subarray(0, this.length);
  }

  #room(more: number): void {
    if (this.length + more <= this.#target.length) return;
    const larger = new Uint8Array(Math.max(this.#target.length * 2, this.length + more));
    larger.set(this.#target);
    this.#target = larger;
  }
}
