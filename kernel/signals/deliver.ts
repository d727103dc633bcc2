/**
 * What a signal does to a process: taken by its program, ignored, or the default action at once. There
 * is no later moment of delivery as in a machine with a user mode: a default action takes effect when
 * the signal is sent, or when it is unblocked.
 */
import type { Kernel } from "../kernel.ts";
import type { ProcessGroup } from "../process/group.ts";
import type { Process } from "../process/process.ts";
import type { Call } from "../syscalls/call.ts";
import { bit, defaultAction, SIG_CATCH, SIG_IGN, Signal } from "./numbers.ts";

const STOPS = bit(Signal.SIGSTOP) | bit(Signal.SIGTSTP) | bit(Signal.SIGTTIN) | bit(Signal.SIGTTOU);

/** Sends `signal` to `target`. */
export function sendSignal(kernel: Kernel, target: Process, signal: number): void {
  if (target.state === "zombie") return;
  const { signals } = target;
  if ((bit(signal) & STOPS) !== 0n) {
    signals.discard(bit(Signal.SIGCONT));
  } else if (signal === Signal.SIGCONT) {
    signals.discard(STOPS);
    kernel.processes.continue(target);
  }
  if (dropped(target, signal)) return;
  signals.add(signal);
  deliverPending(kernel, target);
}

export function sendToGroup(kernel: Kernel, group: ProcessGroup, signal: number): void {
  for (const member of [...group.members]) sendSignal(kernel, member, signal);
}

/** Acts on whatever is pending and not blocked. To be called whenever either may have changed. */
export function deliverPending(kernel: Kernel, target: Process): void {
  const { signals } = target;
  if ((signals.pending & bit(Signal.SIGKILL)) !== 0n) {
    kernel.processes.terminate(target, Signal.SIGKILL);
    return;
  }
  while (target.state === "running") {
    const signal = signals.nextUncaught();
    if (signal === 0) break;
    signals.remove(signal);
    act(kernel, target, signal);
  }
  if (target.state === "running" && signals.deliverable !== 0n) {
    target.interruption.wake();
    target.gate?.onSignal?.();
  }
}

/**
 * Blocks exactly `mask` for the rest of `call` (sigsuspend, ppoll). A signal that ends the wait is taken
 * under it, and sigtake restores the old mask; otherwise the end of the call does.
 */
export function waitUnderMask(call: Call, mask: bigint): void {
  const { kernel, process } = call;
  process.signals.swapMask(mask);
  call.onEnd = () => {
    if (process.signals.deliverable !== 0n) return;
    process.signals.restoreMask();
    deliverPending(kernel, process);
  };
  deliverPending(kernel, process);
}

/** True where `signal` leaves no trace at all. A blocked signal stays pending even if ignored. */
function dropped(target: Process, signal: number): boolean {
  if (target.parent === undefined) return target.signals.action(signal).handler !== SIG_CATCH;
  return target.signals.ignores(signal) && !target.signals.isBlocked(signal);
}

function act(kernel: Kernel, target: Process, signal: number): void {
  if (target.signals.action(signal).handler === SIG_IGN) return;
  switch (defaultAction(signal)) {
    case "stop":
      // Nobody could continue it; SIGSTOP is meant all the same.
      if (signal !== Signal.SIGSTOP && target.group.isOrphaned()) return;
      kernel.processes.stop(target, signal);
      return;
    case "terminate":
    case "core":
      kernel.processes.terminate(target, signal);
      return;
    default:
      return;
  }
}
