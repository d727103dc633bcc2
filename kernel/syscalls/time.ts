/** Clocks and sleeping. Monotonic time starts when the machine does. */
import { Errno, fail } from "../errno.ts";
import { sleepOn } from "../wait/sleep.ts";
import type { Call } from "./call.ts";
import type { Handlers } from "./handlers.ts";

export const timeCalls: Handlers<
  "clock_gettime" | "clock_getres" | "clock_nanosleep" | "sched_yield"
> = {
  clock_gettime: (call, clock) => read(call, clock),

  clock_getres(call, clock) {
    read(call, clock);
    return COARSE.has(clock) ? 4_000_000n : 1n;
  },

  clock_nanosleep(call, clock, flags, request) {
    if ((flags & ~TIMER_ABSTIME) !== 0 || request < 0n) fail(Errno.EINVAL);
    if (clock === Clock.THREAD_CPUTIME_ID) fail(Errno.EINVAL);
    if (clock === Clock.PROCESS_CPUTIME_ID || COARSE.has(clock)) fail(Errno.EOPNOTSUPP);
    const now = read(call, clock);
    const monotonic = call.kernel.host.clock.monotonic();
    if ((flags & TIMER_ABSTIME) !== 0) {
      // Looked at anew each time, since the real time may have been set.
      if (now >= request) return;
      return sleepOn([], monotonic + (request - now));
    }
    call.deadline ??= monotonic + request;
    if (monotonic < call.deadline) sleepOn([], call.deadline);
  },

  sched_yield() {},
};

const TIMER_ABSTIME = 1;

/** clock_gettime(2). */
const Clock = {
  REALTIME: 0,
  MONOTONIC: 1,
  PROCESS_CPUTIME_ID: 2,
  THREAD_CPUTIME_ID: 3,
  MONOTONIC_RAW: 4,
  REALTIME_COARSE: 5,
  MONOTONIC_COARSE: 6,
  BOOTTIME: 7,
} as const;

const COARSE: ReadonlySet<number> = new Set([Clock.REALTIME_COARSE, Clock.MONOTONIC_COARSE]);

function read({ kernel, process }: Call, clock: number): bigint {
  switch (clock) {
    case Clock.REALTIME:
    case Clock.REALTIME_COARSE:
      return kernel.host.clock.realtime();
    case Clock.MONOTONIC:
    case Clock.MONOTONIC_RAW:
    case Clock.MONOTONIC_COARSE:
    case Clock.BOOTTIME:
      return kernel.host.clock.monotonic() - kernel.bootTime;
    case Clock.PROCESS_CPUTIME_ID:
    case Clock.THREAD_CPUTIME_ID:
      return process.userTime;
    default:
      return fail(Errno.EINVAL);
  }
}
