/**
 * The linear memory of a program, seen from outside. Every address comes from the program, so every
 * access is bounds-checked; views are made anew when the memory grew, which any call out may cause.
 */
import { decodeUtf8, Errno, encodeUtf8, KernelError } from "../../kernel/abi.ts";

export class GuestMemory {
  readonly #onGrowth: (bytes: number) => void;
  #memory: WebAssembly.Memory | undefined;
  #bytes = new Uint8Array(0);
  #view = new DataView(new ArrayBuffer(0));

  constructor(onGrowth: (bytes: number) => void) {
    this.#onGrowth = onGrowth;
  }

  attach(memory: WebAssembly.Memory): void {
    this.#memory = memory;
  }

  /** The whole memory, good until the program or a signal handler runs again. */
  get bytes(): Uint8Array {
    if (this.#memory && this.#memory.buffer !== this.#bytes.buffer) this.#renew(this.#memory);
    return this.#bytes;
  }

  get view(): DataView {
    if (this.#memory && this.#memory.buffer !== this.#view.buffer) this.#renew(this.#memory);
    return this.#view;
  }

  slice(address: number, length: number): Uint8Array {
    const { bytes } = this;
    if (address + length > bytes.length) throw new KernelError(Errno.EFAULT);
    return bytes.subarray(address, address + length);
  }

  text(address: number, length: number): string {
    const { bytes } = this;
    if (address + length > bytes.length) throw new KernelError(Errno.EFAULT);
    return decodeUtf8(bytes, address, address + length);
  }

  u32(address: number): number {
    return this.view.getUint32(address, true);
  }

  setU16(address: number, value: number): void {
    this.view.setUint16(address, value, true);
  }

  setU32(address: number, value: number): void {
    this.view.setUint32(address, value, true);
  }

  setU64(address: number, value: bigint): void {
    this.view.setBigUint64(address, value, true);
  }

  set(address: number, source: Uint8Array): void {
    this.slice(address, source.length).set(source);
  }

  /** Writes what fits of `text` and returns its whole length in bytes. */
  setText(address: number, capacity: number, text: string): number {
    const encoded = encodeUtf8(text);
    const target = this.slice(address, Math.min(capacity, encoded.length));
    target.set(encoded.subarray(0, target.length));
    return encoded.length;
  }

  #renew({ buffer }: WebAssembly.Memory): void {
    this.#bytes = new Uint8Array(buffer);
    this.#view = new DataView(buffer);
    this.#onGrowth(buffer.byteLength);
  }
}
