/**
 * The one queue on which everything that blocks waits: pipes, terminals, children, locks, timers,
 * signals. A waiter is called once and must look again at what it waits for.
 */
export class WaitQueue {
  readonly #waiters = new Set<() => void>();

  get empty(): boolean {
    return this.#waiters.size === 0;
  }

  add(waiter: () => void): void {
    this.#waiters.add(waiter);
  }

  remove(waiter: () => void): void {
    this.#waiters.delete(waiter);
  }

  /** Wakes every waiter; each is off the queue before it runs. */
  wake(): void {
    if (this.#waiters.size === 0) return;
    const waiters = [...this.#waiters];
    this.#waiters.clear();
    for (const waiter of waiters) waiter();
  }
}
