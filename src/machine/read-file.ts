/** Reads descriptors to their end. */
import type { Sys } from "../../kernel/index.ts";
import { AT_FDCWD } from "../../kernel/vfs/constants.ts";

const FIRST = 4096;
const LARGEST_READ = 1 << 20;

/** Bytes gathered in one buffer that grows by doubling. */
export class Gathered {
  #buffer: Uint8Array<ArrayBuffer>;
  length = 0;

  constructor(expected = FIRST) {
    this.#buffer = new Uint8Array(expected);
  }

  /** Free room at the end, at least one byte; fill some of it, then call `grew`. */
  room(): Uint8Array<ArrayBuffer> {
    if (this.length === this.#buffer.length) {
      const larger = new Uint8Array(this.#buffer.length * 2);
      larger.set(this.#buffer);
      this.#buffer = larger;
    }
    return this.#buffer.subarray(this.length, this.length + LARGEST_READ);
  }

  grew(count: number): void {
    this.length += count;
  }

  /** All bytes so far, in a buffer of just their length. */
  take(): Uint8Array<ArrayBuffer> {
    if (this.length === this.#buffer.length) return this.#buffer;
    return this.#buffer.slice(0, this.length);
  }
}

export async function readWholeFile(sys: Sys, path: string): Promise<Uint8Array<ArrayBuffer>> {
  const fd = await sys.openat(AT_FDCWD, path, 0, 0);
  try {
    return await readToEnd(sys, fd);
  } finally {
    await sys.close(fd);
  }
}

/** From the current offset to the end. */
export async function readToEnd(sys: Sys, fd: number): Promise<Uint8Array<ArrayBuffer>> {
  const { size } = await sys.fstat(fd);
  // One byte more than the file has, so that its end shows without growing.
  const gathered = new Gathered(Math.max(size + 1, FIRST));
  while (true) {
    let count = sys.read(fd, gathered.room());
    if (count instanceof Promise) count = await count;
    if (count === 0) return gathered.take();
    gathered.grew(count);
  }
}
