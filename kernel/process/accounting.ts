/** CPU time of processes, as far as whoever runs them can measure: RLIMIT_CPU, and what the machine may use. */
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
  kernel.usage.look();
  const { cpuTime, processCpuTime } = kernel.gauges;
  cpuTime.force(Number(nanoseconds) / 1e6);
  if (cpuTime.free <= 0) {
    cpuTime.reached();
    sendSignal(kernel, process, Signal.SIGKILL);
    return;
  }
  const after = Number(process.userTime / SECOND);
  if (after === before) return;
  const { soft, hard } = limitOf(process.limits, Resource.RLIMIT_CPU);
  if (after >= hard) {
    if (after * 1000 >= processCpuTime.max) processCpuTime.reached();
    sendSignal(kernel, process, Signal.SIGKILL);
  }
  if (after < hard && after >= soft) sendSignal(kernel, process, Signal.SIGXCPU);
}
