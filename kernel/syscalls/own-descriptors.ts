/** Descriptors of calls of our own, which a program has besides what POSIX gives it. */
import type { OpenFile } from "../fd/open-file.ts";
import type { Call } from "./call.ts";

/** They begin here, so that a program's own keep the numbers they would have without. */
const FIRST_DESCRIPTOR = 256;

/** A descriptor, closed on exec, for what `open` makes; EMFILE before anything is made. */
export function installApart(call: Call, open: () => OpenFile): number {
  const { fds } = call.process;
  fds.requireRoom();
  const file = open().acquire();
  try {
    return fds.install(file, true, FIRST_DESCRIPTOR);
  } finally {
    file.release();
  }
}
