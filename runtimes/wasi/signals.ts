/**
 * Caught signals of a program. They are handled where a system call returns: the kernel gives the next
 * one and blocks what its action asks for, the program's trampoline calls the handler, and the mask
 * goes back to what it was.
 */
import { type BlockingSyscalls, SIG_SETMASK } from "../../kernel/abi.ts";

export type Trampoline = (signal: number) => void;

export class SignalDelivery {
  readonly #sys: BlockingSyscalls;
  #trampoline: Trampoline | undefined;
  /** True while our own calls are under way, whose answers need no delivery of their own. */
  #taking = false;

  constructor(sys: BlockingSyscalls) {
    this.#sys = sys;
  }

  /** Without a trampoline the program can catch nothing: its libc has no handlers. */
  attach(trampoline: Trampoline | undefined): void {
    this.#trampoline = trampoline;
  }

  /** Handles every signal that waits and is not blocked. */
  deliver(): void {
    if (this.#taking || !this.#trampoline) return;
    for (;;) {
      const taken = this.#quietly(() => this.#sys.sigtake());
      if (taken.signal === 0) return;
      this.#trampoline(taken.signal);
      this.#quietly(() => this.#sys.rt_sigprocmask(SIG_SETMASK, taken.restoreMask));
    }
  }

  #quietly<T>(call: () => T): T {
    this.#taking = true;
    try {
      return call();
    } finally {
      this.#taking = false;
    }
  }
}
