/** The real-time interval timer of one process (setitimer(2)): SIGALRM when it runs out. */
import type { Timer } from "../host.ts";
import type { Kernel } from "../kernel.ts";
import type { Process } from "../process/process.ts";
import { sendSignal } from "../signals/deliver.ts";
import { Signal } from "../signals/numbers.ts";
import type { ITimer } from "../syscalls/types.ts";

/** Host timers count milliseconds; a shorter interval would only flood the host. */
const SHORTEST = 1_000_000n;

export class IntervalTimer {
  #timer: Timer | undefined;
  /** Monotonic nanoseconds at which it runs out next. */
  #deadline = 0n;
  #interval = 0n;

  /** Starts anew; `value` 0 stops it. Returns what was left of the old one. */
  set(kernel: Kernel, process: Process, value: bigint, interval: bigint): ITimer {
    const old = this.read(kernel);
    this.cancel();
    this.#interval = interval;
    if (value > 0n) {
      this.#deadline = kernel.host.clock.monotonic() + value;
      this.#arm(kernel, process);
    }
    return old;
  }

  read(kernel: Kernel): ITimer {
    if (!this.#timer) return { interval: this.#interval, value: 0n };
    const left = this.#deadline - kernel.host.clock.monotonic();
    return { interval: this.#interval, value: left > 0n ? left : 1n };
  }

  cancel(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #arm(kernel: Kernel, process: Process): void {
    this.#timer = kernel.timers.at(this.#deadline, () => {
      this.#timer = undefined;
      const now = kernel.host.clock.monotonic();
      if (now < this.#deadline) return this.#arm(kernel, process);
      if (this.#interval > 0n) {
        // Periods that passed meanwhile are one signal, as a pending signal is.
        const period = this.#interval > SHORTEST ? this.#interval : SHORTEST;
        this.#deadline += period * ((now - this.#deadline) / period + 1n);
        this.#arm(kernel, process);
      }
      sendSignal(kernel, process, Signal.SIGALRM);
    });
  }
}
