/** What somebody outside of the kernel answers to one system call, at once or later. */
import type { Call } from "../syscalls/call.ts";
import type { Sleep } from "./sleep.ts";

/**
 * What `ask` comes to. The call sleeps until a promise is settled, and is asked no second time; a caught
 * signal ends the wait. Takes the call's `state`.
 */
export function answered<T>(call: Call, ask: () => T | Promise<T>): T {
  if (!(call.state instanceof Answer)) {
    const asked = ask();
    if (!(asked instanceof Promise)) return asked;
    call.state = new Answer(asked);
  }
  return (call.state as Answer<T>).take();
}

class Answer<T> {
  readonly #settled: Promise<void>;
  #value: { readonly it: T } | undefined;

  constructor(promise: Promise<T>) {
    this.#settled = promise.then((it) => {
      this.#value = { it };
    });
    // A call that was interrupted no longer hears of it.
    this.#settled.catch(() => {});
  }

  take(): T {
    if (this.#value) return this.#value.it;
    throw {
      sleep: true,
      queues: [],
      deadline: undefined,
      promise: this.#settled,
      interruptible: true,
    } satisfies Sleep;
  }
}
