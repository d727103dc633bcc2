/** host_process: signals and the real-time interval timer. */
import { Errno, SIG_CATCH, SIG_SETMASK, SIGNAL_MAX } from "../../../kernel/abi.ts";
import { type ImportFunctions, refuse } from "../imports.ts";
import type { ProgramContext } from "../program-context.ts";
import { high, low, mask } from "./masks.ts";

/** proc_signal_mask_v2: asks, changes nothing. */
const SIG_QUERY = 3;
const ITIMER_REAL = 0;
const MICROSECOND = 1000n;

export function signalImports({ sys, memory }: ProgramContext): ImportFunctions {
  return {
    proc_kill(pid: number, signal: number) {
      if (signal > SIGNAL_MAX) refuse(Errno.EINVAL);
      sys.kill(pid | 0, signal);
    },

    proc_sigaction(signal: number, action: number, low: number, high: number, flags: number) {
      if (action > SIG_CATCH) refuse(Errno.EINVAL);
      sys.rt_sigaction(signal, { handler: action, mask: mask(low, high), flags });
    },

    proc_signal_mask_v2(
      how: number,
      setLow: number,
      setHigh: number,
      oldLow: number,
      oldHigh: number,
    ) {
      if (how > SIG_QUERY) refuse(Errno.EINVAL);
      memory.slice(oldLow, 4);
      memory.slice(oldHigh, 4);
      const old =
        how === SIG_QUERY
          ? sys.rt_sigprocmask(SIG_SETMASK, undefined)
          : sys.rt_sigprocmask(how, mask(setLow, setHigh));
      memory.setU32(oldLow, low(old));
      memory.setU32(oldHigh, high(old));
    },

    proc_itimer_real(
      operation: number,
      value: bigint,
      interval: bigint,
      remaining: number,
      oldInterval: number,
    ) {
      if (operation > 1 || value < 0n || interval < 0n) refuse(Errno.EINVAL);
      memory.slice(remaining, 8);
      memory.slice(oldInterval, 8);
      const old =
        operation === 0
          ? sys.getitimer(ITIMER_REAL)
          : sys.setitimer(ITIMER_REAL, {
              value: value * MICROSECOND,
              interval: interval * MICROSECOND,
            });
      memory.setU64(remaining, old.value / MICROSECOND);
      memory.setU64(oldInterval, old.interval / MICROSECOND);
    },
  };
}
