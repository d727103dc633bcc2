/**
 * The one queue on which everything that blocks waits: pipes, terminals, children, locks, timers,
 * signals. A waiter is called once and must look again at what it waits for.
 */
import type { Sleep } from "./sleep.ts";

type Waiter = () => void;

export class WaitQueue {
  /** Nearly every queue has one waiter at most, which then costs no collection. */
  #first: Waiter | undefined;
  #others: Set<Waiter> | undefined;
  #sleep: Sleep | undefined;

  get empty(): boolean {
    return this.#first === undefined && this.#others === undefined;
  }

  /** A wait on this queue alone, without a deadline; made once, since it is the most frequent. */
  get sleep(): Sleep {
    this.#sleep ??= {
      sleep: true,
      queues: [this],
      deadline: undefined,
      promise: undefined,
      interruptible: true,
    };
    return this.#sleep;
  }

  add(waiter: Waiter): void {
    if (this.#first === undefined || this.#first === waiter) this.#first = waiter;
    else {
      this.#others ??= new Set();
      this.#others.add(waiter);
    }
  }

  remove(waiter: Waiter): void {
    if (this.#first === waiter) this.#first = undefined;
    else if (this.#others?.delete(waiter) && this.#others.size === 0) this.#others = undefined;
  }

  /** Wakes every waiter; each is off the queue before it runs. */
  wake(): void {
    const first = this.#first;
    const others = this.#others;
    this.#first = undefined;
    this.#others = undefined;
    first?.();
    if (others) for (const waiter of others) waiter();
  }
}
