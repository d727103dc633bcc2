/** Timers on the host's, at monotonic deadlines; none outlives its kernel. */
import type { Host, Timer } from "../host.ts";

const MAX_DELAY = 0x7fff_ffff;

export class Timers {
  readonly #host: Host;
  readonly #pending = new Set<Timer>();

  constructor(host: Host) {
    this.#host = host;
  }

  /** Calls `callback` once, not before `deadline` (monotonic nanoseconds) unless that is weeks away. */
  at(deadline: bigint, callback: () => void): Timer {
    const delay = Number(deadline - this.#host.clock.monotonic()) / 1e6;
    const timer = this.#host.scheduler.setTimer(
      () => {
        this.#pending.delete(handle);
        callback();
      },
      Math.min(Math.max(Math.ceil(delay), 0), MAX_DELAY),
    );
    const handle: Timer = {
      cancel: () => {
        this.#pending.delete(handle);
        timer.cancel();
      },
    };
    this.#pending.add(handle);
    return handle;
  }

  cancelAll(): void {
    for (const timer of [...this.#pending]) timer.cancel();
  }
}
