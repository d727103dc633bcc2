/** Reads descriptors to their end. */
import type { Sys } from "../../kernel/index.ts";
import { AT_FDCWD } from "../../kernel/vfs/constants.ts";

const FIRST = 4096;
const LARGEST_READ = 1 << 20;
/** So few that an engine makes no buffer of its own for them. */
const PROBE = 64;

/** Bytes gathered in one buffer that grows by doubling. */
export class Gathered {
  #buffer: Uint8Array<ArrayBuffer>;
  length = 0;

  constructor(expected = FIRST) {
    this.#buffer = new Uint8Array(expected);
  }

  get full(): boolean {
    return this.length === this.#buffer.length;
  }

  /** Free room at the end, at least one byte; fill some of it, then call `grew`. */
  room(): Uint8Array<ArrayBuffer> {
    if (this.full) {
      const larger = new Uint8Array(Math.max(this.#buffer.length * 2, this.length + FIRST));
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
    if (this.full) return this.#buffer;
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

/** From the current offset to the end. A file that keeps its size is read into one buffer of just that. */
export async function readToEnd(sys: Sys, fd: number): Promise<Uint8Array<ArrayBuffer>> {
  const { size } = await sys.fstat(fd);
  const gathered = new Gathered(size > 0 ? size : FIRST);
  while (true) {
    // The end shows in a small read of its own, so that the buffer need not grow for it.
    const target = gathered.full ? new Uint8Array(PROBE) : gathered.room();
    let count = sys.read(fd, target);
    if (count instanceof Promise) count = await count;
    if (count === 0) return gathered.take();
    if (gathered.full) gathered.room().set(target.subarray(0, count));
    gathered.grew(count);
  }
}
