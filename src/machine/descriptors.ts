/** Descriptors of the host's process (pid 1) that commands' pipes and terminals hang on. */

import { F_SETPIPE_SZ, O_CLOEXEC } from "../../kernel/fd/flags.ts";
import { joined, type Sys } from "../../kernel/index.ts";

export interface Pipe {
  readonly read: number;
  readonly write: number;
}

/** Large ones: each end that is the host's is served by another thread, in turns. */
const CAPACITY = 1 << 20;
/** What a read asks for where nothing is there yet. */
const FIRST = 1 << 14;

export async function makePipe(sys: Sys): Promise<Pipe> {
  const [read, write] = (await sys.pipe2(O_CLOEXEC)) as [number, number];
  await sys.fcntl(write, F_SETPIPE_SZ, CAPACITY);
  return { read, write };
}

/** Waits until there is something to read and takes all of it, `most` bytes at most; none at the end. */
export async function readSome(sys: Sys, fd: number, most: number): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  for (let total = 0; total < most; ) {
    const waiting = await sys.fionread(fd);
    if (waiting === 0 && total > 0) break;
    const target = new Uint8Array(Math.min(waiting || FIRST, most - total));
    const count = await sys.read(fd, target);
    if (count === 0) break;
    pieces.push(count === target.length ? target : target.slice(0, count));
    total += count;
  }
  return joined(pieces);
}

/** Writes everything, waiting where the reader is slow. */
export async function writeAll(sys: Sys, fd: number, bytes: Uint8Array): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    let count = sys.write(fd, done === 0 ? bytes : bytes.subarray(done));
    if (count instanceof Promise) count = await count;
    done += count;
  }
}
