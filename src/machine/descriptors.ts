/** Descriptors of the host's process (pid 1) that commands' pipes and terminals hang on. */

import { O_CLOEXEC } from "../../kernel/fd/flags.ts";
import type { Sys } from "../../kernel/index.ts";

export interface Pipe {
  readonly read: number;
  readonly write: number;
}

export async function makePipe(sys: Sys): Promise<Pipe> {
  const [read, write] = await sys.pipe2(O_CLOEXEC);
  return { read: read as number, write: write as number };
}

/** Writes everything, waiting where the reader is slow. */
export async function writeAll(sys: Sys, fd: number, bytes: Uint8Array): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    let count = sys.write(fd, done === 0 ? bytes : bytes.subarray(done));
    if (count instanceof Promise) count = await count;
    done += count;
  }
}
