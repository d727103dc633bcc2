/** What guests may take of a machine that runs Node. */
import { totalmem } from "node:os";
import type { MemoryLimits } from "../memory-watch.ts";

const SHARE_OF_MACHINE = 0.75;

/** Megabytes of JavaScript heap of one Node process, at most. */
const HEAP_MB = 2048;
/** Of the machine's memory, where that is less. */
const SHARE_OF_ONE = 0.25;

export function defaultHeapMegabytes(): number {
  return Math.min(HEAP_MB, Math.floor((machineBytes() * SHARE_OF_ONE) / 2 ** 20));
}

export function defaultMemoryLimits(): MemoryLimits {
  return {
    guests: 4 * 2 ** 30,
    resident: machineBytes() * SHARE_OF_MACHINE,
    residentBytes: () => process.memoryUsage.rss(),
  };
}

function machineBytes(): number {
  const constrained = process.constrainedMemory();
  return constrained > 0 ? Math.min(constrained, totalmem()) : totalmem();
}
