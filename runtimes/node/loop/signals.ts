/**
 * Caught signals of one process. The kernel hands them over where a system call returns; here they wait
 * for the event loop's turn, in which their listeners are called, as libuv's signal pipe does it.
 */
import {
  type BlockingSyscalls,
  SA_RESTART,
  SIG_CATCH,
  SIG_DFL,
  SIG_SETMASK,
} from "../../../kernel/abi.ts";

export class Signals {
  readonly #sys: () => BlockingSyscalls;
  readonly #listeners = new Map<number, Set<() => void>>();
  #came: number[] = [];
  /** True while our own calls are under way, whose answers need no delivery of their own. */
  #taking = false;

  constructor(sys: () => BlockingSyscalls) {
    this.#sys = sys;
  }

  /** Catches `signal` until the returned function is called. Throws EINVAL for what cannot be caught. */
  listen(signal: number, listener: () => void): () => void {
    const listeners = this.#listeners.get(signal);
    if (listeners) listeners.add(listener);
    else {
      this.#sys().rt_sigaction(signal, { handler: SIG_CATCH, flags: SA_RESTART, mask: 0n });
      this.#listeners.set(signal, new Set([listener]));
    }
    return () => this.#forget(signal, listener);
  }

  /** True where one has come that `deliver` has not told of. */
  get waiting(): boolean {
    return this.#came.length > 0;
  }

  /** Called where an answer of the kernel says that a caught signal waits. */
  take(): void {
    if (this.#taking) return;
    this.#taking = true;
    try {
      for (;;) {
        const { signal, restoreMask } = this.#sys().sigtake();
        if (signal === 0) return;
        this.#came.push(signal);
        this.#sys().rt_sigprocmask(SIG_SETMASK, restoreMask);
      }
    } finally {
      this.#taking = false;
    }
  }

  /** Takes `signal` back from what `deliver` would tell of; false where it has not come. */
  withdraw(signal: number): boolean {
    const before = this.#came.length;
    this.#came = this.#came.filter((came) => came !== signal);
    return this.#came.length < before;
  }

  /** Calls the listeners of what has come. */
  deliver(): void {
    if (this.#came.length === 0) return;
    const came = this.#came;
    this.#came = [];
    for (const signal of came) {
      for (const listener of [...(this.#listeners.get(signal) ?? [])]) listener();
    }
  }

  #forget(signal: number, listener: () => void): void {
    const listeners = this.#listeners.get(signal);
    if (!listeners?.delete(listener) || listeners.size > 0) return;
    this.#listeners.delete(signal);
    this.#sys().rt_sigaction(signal, { handler: SIG_DFL, flags: 0, mask: 0n });
  }
}
