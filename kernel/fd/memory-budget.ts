/** Bytes of the host's memory that one kind of work for a machine may take together; ENOMEM. */
import { Errno, fail } from "../errno.ts";

export class MemoryBudget {
  readonly #most: number;
  #used = 0;

  constructor(most: number) {
    this.#most = most;
  }

  take(bytes: number): void {
    if (this.#used + bytes > this.#most) fail(Errno.ENOMEM);
    this.#used += bytes;
  }

  give(bytes: number): void {
    this.#used -= bytes;
  }
}
