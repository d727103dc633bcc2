/** What guests may take of a machine that runs Node. */
import { totalmem } from "node:os";
import type { MemoryLimits } from "../memory-watch.ts";

const SHARE_OF_MACHINE = 0.75;

export function defaultMemoryLimits(): MemoryLimits {
  const constrained = process.constrainedMemory();
  const machine = constrained > 0 ? Math.min(constrained, totalmem()) : totalmem();
  return {
    guests: 4 * 2 ** 30,
    resident: machine * SHARE_OF_MACHINE,
    residentBytes: () => process.memoryUsage.rss(),
  };
}
