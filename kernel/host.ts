/**
 * What a host must hand to a kernel: the clock, randomness and a place in its event loop. The kernel
 * reaches nothing else, so a test can replay a machine by injecting its own.
 */
export interface Host {
  readonly clock: Clock;
  /** Fills `target` with random bytes, fit for keys. */
  random(target: Uint8Array): void;
  readonly scheduler: Scheduler;
}

export interface Clock {
  /** Nanoseconds since 1970-01-01T00:00Z (CLOCK_REALTIME). */
  realtime(): bigint;
  /** Nanoseconds since some fixed instant; never goes back (CLOCK_MONOTONIC). */
  monotonic(): bigint;
}

export interface Scheduler {
  /** Calls `callback` once after about `milliseconds`. A pending timer may not keep the host alive. */
  setTimer(callback: () => void, milliseconds: number): Timer;
  /** Resolves after the host's event loop has taken a turn, so that other programs and input run. */
  yield(): Promise<void>;
}

export interface Timer {
  cancel(): void;
}
