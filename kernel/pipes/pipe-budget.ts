/**
 * How much memory the pipes of one machine may take: beyond a certain sum new ones are small, and their
 * number is limited, so that pipes that nobody reads cannot fill the host (pipe(7), "/proc files").
 */
import { Errno, fail } from "../errno.ts";
import type { Gauge } from "../gauges.ts";
import { PIPE_BUF, PIPE_CAPACITY, PIPE_CAPACITY_MAX, PIPE_MEMORY } from "../limits.ts";
import type { Process } from "../process/process.ts";
import { Pipe } from "./pipe.ts";

export class PipeBudget {
  readonly #pipes: Gauge;
  /** Bytes that all pipes hold at most. */
  #capacity = 0;

  constructor(pipes: Gauge) {
    this.#pipes = pipes;
  }

  /**
   * A pipe that counts until nobody has it open any more; ENFILE where there are too many for `maker`,
   * which is not so for the host.
   */
  make({ pid, credentials }: Process): Pipe {
    if (pid === 1) this.#pipes.force(1);
    else this.#pipes.take(1, Errno.ENFILE);
    const isTight = this.#capacity + PIPE_CAPACITY > PIPE_MEMORY && !credentials.privileged;
    const pipe = new Pipe(isTight ? PIPE_BUF : PIPE_CAPACITY);
    this.#capacity += pipe.capacity;
    pipe.onGone = () => {
      this.#pipes.give(1);
      this.#capacity -= pipe.capacity;
    };
    return pipe;
  }

  /** F_SETPIPE_SZ: whole pages, a power of two of them. Returns what it became. */
  resize(pipe: Pipe, size: number, privileged: boolean): number {
    if (!(size > 0)) fail(Errno.EINVAL);
    let capacity = PIPE_BUF;
    while (capacity < size && capacity <= PIPE_CAPACITY_MAX) capacity *= 2;
    const growth = capacity - pipe.capacity;
    if (capacity > PIPE_CAPACITY_MAX) fail(privileged ? Errno.ENOMEM : Errno.EPERM);
    if (growth > 0 && this.#capacity + growth > PIPE_MEMORY && !privileged) fail(Errno.EPERM);
    if (!pipe.resize(capacity)) fail(Errno.EBUSY);
    this.#capacity += growth;
    return capacity;
  }
}
