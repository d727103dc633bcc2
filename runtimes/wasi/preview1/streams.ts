/** Bytes in and out: fd_read, fd_write and their positioned forms. The hottest imports: one copy each. */
import type { ImportFunctions } from "../imports.ts";
import { size } from "../imports.ts";
import type { ProgramContext } from "../program-context.ts";

/** Bytes that a call with several buffers moves at most: it goes through one buffer in between. */
const GATHER_MAX = 1 << 20;

export function streamImports(context: ProgramContext): ImportFunctions {
  const { sys, memory, kernel, descriptors } = context;
  type Transfer = (buffer: Uint8Array) => number;

  /** Fills the buffers in order by one read. */
  function readInto(iovs: number, count: number, counter: number, read: Transfer): void {
    let done: number;
    const only = onlyBuffer(iovs, count);
    if (only !== undefined) {
      done = read(memory.slice(memory.u32(only), memory.u32(only + 4)));
    } else {
      const buffer = new Uint8Array(totalLength(iovs, count));
      done = read(buffer);
      scatter(iovs, count, buffer.subarray(0, done));
    }
    memory.setU32(counter, done);
  }

  /** Writes the buffers in order by one write. */
  function writeFrom(iovs: number, count: number, counter: number, write: Transfer): void {
    const only = onlyBuffer(iovs, count);
    const source =
      only !== undefined
        ? memory.slice(memory.u32(only), memory.u32(only + 4))
        : gather(iovs, count, totalLength(iovs, count));
    memory.setU32(counter, write(source));
  }

  /** The one buffer that holds anything; C's streams often give an empty one beside it. */
  function onlyBuffer(iovs: number, count: number): number | undefined {
    if (count === 1) return iovs;
    if (count !== 2) return undefined;
    if (memory.u32(iovs + 4) === 0) return iovs + 8;
    return memory.u32(iovs + 12) === 0 ? iovs : undefined;
  }

  function totalLength(iovs: number, count: number): number {
    let total = 0;
    for (let i = 0; i < count && total < GATHER_MAX; i++) total += memory.u32(iovs + 8 * i + 4);
    return Math.min(total, GATHER_MAX);
  }

  function scatter(iovs: number, count: number, data: Uint8Array): void {
    let from = 0;
    for (let i = 0; i < count && from < data.length; i++) {
      const length = Math.min(memory.u32(iovs + 8 * i + 4), data.length - from);
      memory.set(memory.u32(iovs + 8 * i), data.subarray(from, from + length));
      from += length;
    }
  }

  function gather(iovs: number, count: number, total: number): Uint8Array {
    const data = new Uint8Array(total);
    let at = 0;
    for (let i = 0; i < count && at < total; i++) {
      const length = Math.min(memory.u32(iovs + 8 * i + 4), total - at);
      data.set(memory.slice(memory.u32(iovs + 8 * i), length), at);
      at += length;
    }
    return data;
  }

  return {
    fd_read(fd: number, iovs: number, count: number, counter: number) {
      readInto(iovs, count, counter, (buffer) => sys.read(fd, buffer));
    },

    fd_write(fd: number, iovs: number, count: number, counter: number) {
      writeFrom(iovs, count, counter, (data) => {
        const posted = descriptors.isPostable(fd) && data.length > 0 && kernel.post(fd, data);
        return posted ? data.length : sys.write(fd, data);
      });
    },

    fd_pread(fd: number, iovs: number, count: number, offset: bigint, counter: number) {
      readInto(iovs, count, counter, (buffer) => sys.pread64(fd, buffer, size(offset)));
    },

    fd_pwrite(fd: number, iovs: number, count: number, offset: bigint, counter: number) {
      writeFrom(iovs, count, counter, (data) => sys.pwrite64(fd, data, size(offset)));
    },
  };
}
