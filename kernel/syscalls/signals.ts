/** Signals as programs see them: sending, actions, masks, taking, and the interval timer. */
import { Errno, fail } from "../errno.ts";
import { mayReach, signalAll, signalGroup } from "../process/reach.ts";
import { deliverPending, sendSignal, waitUnderMask } from "../signals/deliver.ts";
import {
  SIG_BLOCK,
  SIG_CATCH,
  SIG_SETMASK,
  SIG_UNBLOCK,
  SIGNAL_MAX,
  Signal,
} from "../signals/numbers.ts";
import { sleepOn } from "../wait/sleep.ts";
import type { Handlers } from "./handlers.ts";

export const signalCalls: Handlers<
  | "kill"
  | "rt_sigaction"
  | "rt_sigprocmask"
  | "rt_sigpending"
  | "rt_sigsuspend"
  | "sigtake"
  | "setitimer"
  | "getitimer"
> = {
  kill(call, pid, signal) {
    const { kernel, process } = call;
    if (signal < 0 || signal > SIGNAL_MAX) fail(Errno.EINVAL);
    if (pid === -1) return signalAll(kernel, process, signal);
    if (pid <= 0) return signalGroup(kernel, process, pid === 0 ? process.group.id : -pid, signal);
    const target = kernel.processes.get(pid) ?? fail(Errno.ESRCH);
    if (!mayReach(process, target, signal)) fail(Errno.EPERM);
    if (signal !== 0) sendSignal(kernel, target, signal);
  },

  rt_sigaction(call, signal, action) {
    const { kernel, process } = call;
    if (signal < 1 || signal > SIGNAL_MAX) fail(Errno.EINVAL);
    const old = process.signals.action(signal);
    if (!action) return old;
    if (signal === Signal.SIGKILL || signal === Signal.SIGSTOP) fail(Errno.EINVAL);
    if (action.handler < 0 || action.handler > SIG_CATCH) fail(Errno.EINVAL);
    process.signals.setAction(signal, action);
    deliverPending(kernel, process);
    return old;
  },

  rt_sigprocmask(call, how, set) {
    const { kernel, process } = call;
    const { signals } = process;
    const old = signals.blocked;
    if (set === undefined) return old;
    if (how === SIG_BLOCK) signals.blocked = old | set;
    else if (how === SIG_UNBLOCK) signals.blocked = old & ~set;
    else if (how === SIG_SETMASK) signals.blocked = set;
    else fail(Errno.EINVAL);
    deliverPending(kernel, process);
    return old;
  },

  rt_sigpending(call) {
    const { signals } = call.process;
    return signals.pending & signals.blocked;
  },

  rt_sigsuspend(call, mask) {
    if (call.progress === 0) {
      call.progress = 1;
      waitUnderMask(call, mask);
    }
    return sleepOn([]);
  },

  sigtake(call) {
    const taken = call.process.signals.take();
    deliverPending(call.kernel, call.process);
    return taken;
  },

  setitimer(call, which, { value, interval }) {
    if (which !== ITIMER_REAL || value < 0n || interval < 0n) fail(Errno.EINVAL);
    return call.process.alarm.set(call.kernel, call.process, value, interval);
  },

  getitimer(call, which) {
    if (which !== ITIMER_REAL) fail(Errno.EINVAL);
    return call.process.alarm.read(call.kernel);
  },
};

/** The timers of CPU time, ITIMER_VIRTUAL and ITIMER_PROF, are not kept. */
const ITIMER_REAL = 0;
