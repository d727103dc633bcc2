/**
 * Reading a descriptor byte by byte without taking more than is used: from a file in chunks, of which
 * the rest is given back; from a pipe or a terminal one byte at a time, because others read there too.
 */
import { Errno, KernelError, POLLIN, SEEK_CUR } from "../../../kernel/abi.ts";
import { strerror } from "../../../kernel/index.ts";
import { ShellError } from "../errors.ts";
import type { Shell } from "../state.ts";
import type { Task } from "../task.ts";

const CHUNK = 1024;

/** The end of the input. */
export const END = -1;
/** The time was up. */
export const TIMEOUT = -2;

export class ByteSource {
  readonly #shell: Shell;
  readonly #fd: number;
  /** When to give up, in nanoseconds of the monotonic clock. */
  readonly #deadline: bigint | undefined;
  #buffer: Uint8Array | undefined;
  #length = 0;
  #next = 0;

  constructor(shell: Shell, fd: number, deadline?: bigint) {
    this.#shell = shell;
    this.#fd = fd;
    this.#deadline = deadline;
  }

  /** To be called before the first byte is taken. */
  *open(): Task<void> {
    let isSeekable = true;
    try {
      const offset = this.#shell.sys.lseek(this.#fd, 0, SEEK_CUR);
      if (offset instanceof Promise) yield offset;
    } catch (error) {
      if (!(error instanceof KernelError)) throw error;
      isSeekable = false;
    }
    this.#buffer = new Uint8Array(isSeekable ? CHUNK : 1);
  }

  /** The next byte, or END, or TIMEOUT, where it is there without waiting; else undefined. */
  ready(): number | undefined {
    return this.#next < this.#length ? (this.#buffer as Uint8Array)[this.#next++] : undefined;
  }

  /** The next byte, or END, or TIMEOUT. */
  *take(): Task<number> {
    const ready = this.ready();
    if (ready !== undefined) return ready;
    if (this.#deadline !== undefined && !(yield* this.#wait(this.#deadline))) return TIMEOUT;
    this.#next = 0;
    this.#length = yield* this.#read();
    return this.ready() ?? END;
  }

  /** Gives back what was read from a file but not taken. */
  *release(): Task<void> {
    const unused = this.#length - this.#next;
    this.#length = this.#next;
    if (unused === 0) return;
    const moved = this.#shell.sys.lseek(this.#fd, -unused, SEEK_CUR);
    if (moved instanceof Promise) yield moved;
  }

  *#read(): Task<number> {
    for (;;) {
      try {
        const length = this.#shell.sys.read(this.#fd, this.#buffer as Uint8Array);
        return typeof length === "number" ? length : yield length;
      } catch (error) {
        if (!(error instanceof KernelError)) throw error;
        if (error.errno !== Errno.EINTR) {
          throw new ShellError(`read error: ${this.#fd}: ${strerror(error.errno)}`);
        }
        yield this.#shell.handleSignals();
      }
    }
  }

  /** False when the deadline came first. */
  *#wait(deadline: bigint): Task<boolean> {
    const { sys } = this.#shell;
    for (;;) {
      const left = deadline - (sys.clock_gettime(1) as bigint);
      try {
        const timeout = left > 0n ? left : 0n;
        const result = sys.ppoll([{ fd: this.#fd, events: POLLIN }], timeout, undefined);
        const events: readonly number[] = result instanceof Promise ? yield result : result;
        return events[0] !== 0;
      } catch (error) {
        if (!(error instanceof KernelError) || error.errno !== Errno.EINTR) throw error;
        yield this.#shell.handleSignals();
      }
    }
  }
}
