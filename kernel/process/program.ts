/**
 * What can run as a process. An in-kernel program is a TypeScript function on a `Sys` client; other
 * kinds are brought by runtimes as binary formats, which exec tries in order on a file's first bytes.
 */

import type { Sys } from "../syscalls/client.ts";
import type { Gate } from "../syscalls/gate.ts";

/** An in-kernel program. Its result is the exit status; it must let ProcessGone pass through. */
export type Main = (sys: Sys) => Promise<number> | number;

export interface BinaryFormat {
  readonly name: string;
  /** `head` has the file's first bytes, 256 at most. */
  matches(head: Uint8Array): boolean;
  /**
   * Prepares the program before the old one is given up. May sleep (a promise for a fetch or a compile);
   * throws KernelError ENOEXEC for a file that cannot run.
   */
  load(file: ExecutableFile): Program;
}

export interface ExecutableFile {
  readonly path: string;
  readonly size: number;
  /** Equal strings mean equal content; undefined where the file has no known digest. */
  readonly digest: string | undefined;
  /** The inode's identity and a number that changes whenever its content does: for caches. */
  readonly inode: object;
  readonly version: number;
  /** The whole content; may sleep. */
  read(): Uint8Array;
}

export interface Program {
  /** Runs in the process behind `gate` until it exits through the gate, or `stop` is called. */
  start(gate: Gate): Execution;
}

export interface Execution {
  /** Ends it at once, wherever it is; it makes no further call. Idempotent. */
  stop(): void;
  /** Bytes of memory that it has now, as far as its engine can tell. */
  readonly memoryBytes?: number;
}
