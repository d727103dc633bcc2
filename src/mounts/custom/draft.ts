/** A file's bytes in memory until the driver has them, counted in the machine's quota. */
import type { Quota } from "../../../kernel/vfs/quota.ts";

const GRAIN = 65_536;

export class Draft {
  size: number;
  isDirty = false;
  /** Counts what was done to it. */
  changes = 0;
  readonly #quota: Quota;
  #bytes: Uint8Array;

  constructor(quota: Quota, content: Uint8Array) {
    quota.takeMemory(content.length);
    this.#quota = quota;
    this.#bytes = content;
    this.size = content.length;
  }

  read(target: Uint8Array, position: number): number {
    const bytes = this.#bytes.subarray(Math.min(position, this.size), this.size);
    const count = Math.min(target.length, bytes.length);
    target.set(bytes.subarray(0, count));
    return count;
  }

  write(source: Uint8Array, position: number): number {
    this.#reach(position + source.length);
    this.#bytes.set(source, position);
    this.size = Math.max(this.size, position + source.length);
    this.#touched();
    return source.length;
  }

  truncate(length: number): void {
    this.#reach(length);
    if (length < this.size) this.#bytes.fill(0, length, this.size);
    this.size = length;
    this.#touched();
  }

  /** A copy: it goes elsewhere while this one may change. */
  content(): Uint8Array {
    return this.#bytes.slice(0, this.size);
  }

  dispose(): void {
    this.#quota.giveMemory(this.#bytes.length);
    this.#bytes = new Uint8Array(0);
    this.size = 0;
  }

  #touched(): void {
    this.isDirty = true;
    this.changes++;
  }

  /** Room for `length` bytes; ENOSPC. */
  #reach(length: number): void {
    const old = this.#bytes;
    if (length <= old.length) return;
    const room = Math.ceil(Math.max(length, old.length * 1.5) / GRAIN) * GRAIN;
    this.#quota.takeMemory(room - old.length);
    this.#bytes = new Uint8Array(room);
    this.#bytes.set(old.subarray(0, this.size));
  }
}
