/**
 * Writing by the shell itself. What can be written at once is; what must wait for a reader is a promise
 * for `write`, and for `warn`, whose callers cannot wait, it is kept for the next command's start.
 */
import { Errno, encodeUtf8, KernelError, type Sys, strerror } from "../../kernel/index.ts";
import { ShellError } from "./errors.ts";

export class Output {
  readonly #sys: Sys;
  /** Errors that are still being written. */
  #pending: Promise<void> | undefined;

  constructor(sys: Sys) {
    this.#sys = sys;
  }

  /** Resolves when all of `text` is written. Throws ShellError, worded as builtins word it. */
  write(fd: number, text: string): void | Promise<void> {
    if (text === "") return undefined;
    const bytes = encodeUtf8(text);
    try {
      const written = this.#sys.write(fd, bytes);
      if (written === bytes.length) return undefined;
      return this.#finish(fd, bytes, written);
    } catch (error) {
      return this.#failed(fd, bytes, error);
    }
  }

  /** Writes to standard error without making the caller wait. */
  warn(text: string): void {
    const write = () => {
      try {
        return this.write(2, text);
      } catch (error) {
        if (!(error instanceof ShellError)) throw error;
        return undefined;
      }
    };
    const result = this.#pending ? this.#pending.then(write) : write();
    if (result) this.#pending = result.catch(ignoreShellError);
  }

  /** What `warn` could not write yet; undefined: nothing. */
  flush(): Promise<void> | undefined {
    const pending = this.#pending;
    this.#pending = undefined;
    return pending;
  }

  async #finish(fd: number, bytes: Uint8Array, first: number | Promise<number>): Promise<void> {
    let done = 0;
    let next: number | Promise<number> = first;
    for (;;) {
      try {
        done += await next;
      } catch (error) {
        if (!isInterrupted(error)) throw wordedAsWriteError(error);
      }
      if (done >= bytes.length) return;
      try {
        next = this.#sys.write(fd, bytes.subarray(done));
      } catch (error) {
        throw wordedAsWriteError(error);
      }
    }
  }

  #failed(fd: number, bytes: Uint8Array, error: unknown): Promise<void> {
    if (isInterrupted(error)) return this.#finish(fd, bytes, 0);
    throw wordedAsWriteError(error);
  }
}

function isInterrupted(error: unknown): boolean {
  return error instanceof KernelError && error.errno === Errno.EINTR;
}

function wordedAsWriteError(error: unknown): unknown {
  if (!(error instanceof KernelError)) return error;
  return new ShellError(`write error: ${strerror(error.errno)}`);
}

function ignoreShellError(error: unknown): void {
  if (!(error instanceof ShellError)) throw error;
}
