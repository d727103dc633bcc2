/**
 * Why a system call cannot finish yet. A handler throws a Sleep, or on the hottest paths leaves it in
 * its call; the dispatcher waits and calls the handler again from the start, as xv6's sleep() does with
 * its condition.
 */
import type { Outcomes } from "./outcomes.ts";
import type { WaitQueue } from "./wait-queue.ts";

export interface Sleep {
  readonly sleep: true;
  /** Any of these wakes the call. */
  readonly queues: readonly WaitQueue[];
  /** Monotonic nanoseconds at which the call is tried again; undefined: never by time. */
  readonly deadline: bigint | undefined;
  /** A driver's fetch; its settling wakes the call. */
  readonly promise: Promise<unknown> | undefined;
  /** False for short waits on a driver, which Linux calls uninterruptible. */
  readonly interruptible: boolean;
  /** Of an asynchronous driver, for the next attempts (outcomes.ts). */
  readonly outcomes?: Outcomes | undefined;
}

/** Waits for one of `queues` or for the monotonic `deadline`. */
export function sleepOn(queues: WaitQueue | readonly WaitQueue[], deadline?: bigint): never {
  const list = Array.isArray(queues) ? queues : [queues as WaitQueue];
  throw {
    sleep: true,
    queues: list,
    deadline,
    promise: undefined,
    interruptible: true,
  } satisfies Sleep;
}

/** Waits for a driver's `promise`; a rejection with a KernelError is the system call's own error. */
export function sleepFor(promise: Promise<unknown>): never {
  throw {
    sleep: true,
    queues: [],
    deadline: undefined,
    promise,
    interruptible: false,
  } satisfies Sleep;
}

export function isSleep(reason: unknown): reason is Sleep {
  return typeof reason === "object" && reason !== null && (reason as Sleep).sleep === true;
}

/** The result of `work`, which nothing but fetches may hold up, for a caller that is no system call: made again after each sleep. */
export async function awake<T>(work: () => T): Promise<T> {
  let outcomes: Outcomes | undefined;
  for (;;) {
    try {
      return outcomes ? outcomes.during(work) : work();
    } catch (reason) {
      if (!isSleep(reason) || !reason.promise) throw reason;
      outcomes = reason.outcomes ?? outcomes;
      await reason.promise;
    }
  }
}
