/** Whom a process may send signals to (kill(2)). */
import { Errno, fail } from "../errno.ts";
import type { Kernel } from "../kernel.ts";
import { sendSignal } from "../signals/deliver.ts";
import { Signal } from "../signals/numbers.ts";
import type { Process } from "./process.ts";

export function mayReach(sender: Process, target: Process, signal: number): boolean {
  const { uid, euid, privileged } = sender.credentials;
  const to = target.credentials;
  if (privileged || euid === to.uid || euid === to.suid || uid === to.uid || uid === to.suid) {
    return true;
  }
  return signal === Signal.SIGCONT && sender.group.session === target.group.session;
}

export function signalGroup(kernel: Kernel, sender: Process, pgid: number, signal: number): void {
  const group = kernel.processes.group(pgid) ?? fail(Errno.ESRCH);
  signalEach(kernel, sender, [...group.members], signal);
}

/** To everyone but pid 1 and the sender itself. */
export function signalAll(kernel: Kernel, sender: Process, signal: number): void {
  const others = kernel.processes.all().filter((other) => other !== sender && other.pid !== 1);
  signalEach(kernel, sender, others, signal);
}

/** Succeeds where it may reach at least one. */
function signalEach(kernel: Kernel, sender: Process, targets: Process[], signal: number): void {
  if (targets.length === 0) fail(Errno.ESRCH);
  const reached = targets.filter((target) => mayReach(sender, target, signal));
  if (reached.length === 0) fail(Errno.EPERM);
  if (signal === 0) return;
  for (const target of reached) sendSignal(kernel, target, signal);
}
