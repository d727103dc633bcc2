/** CPU time of a process, as far as whoever runs it can measure, and RLIMIT_CPU. */
import type { Kernel } from "../kernel.ts";
import { sendSignal } from "../signals/deliver.ts";
import { Signal } from "../signals/numbers.ts";
import type { Process } from "./process.ts";
import { limitOf, Resource } from "./resource-limits.ts";

const SECOND = 1_000_000_000n;

/** Adds to what `process` used: SIGXCPU in each second beyond the soft limit, SIGKILL at the hard one. */
export function chargeTime(kernel: Kernel, process: Process, nanoseconds: bigint): void {
  const before = Number(process.userTime / SECOND);
  process.userTime += nanoseconds;
  const after = Number(process.userTime / SECOND);
  if (after === before) return;
  const { soft, hard } = limitOf(process.limits, Resource.RLIMIT_CPU);
  if (after >= hard) sendSignal(kernel, process, Signal.SIGKILL);
  else if (after >= soft) sendSignal(kernel, process, Signal.SIGXCPU);
}
