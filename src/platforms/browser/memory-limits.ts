/** What guests may take of the memory of a visitor's machine. */
import type { MemoryLimits } from "../../../runtimes/engines/memory-watch.ts";

const GIB = 2 ** 30;
const SHARE_OF_MACHINE = 0.5;
/** A browser that does not tell how large the machine is. */
const UNKNOWN_GIB = 4;

/** A browser tells no worker's size: what counts is what guests say of their memories. */
export function guestMemoryLimits(): MemoryLimits {
  const { deviceMemory = UNKNOWN_GIB } = navigator as { deviceMemory?: number };
  return {
    guests: deviceMemory * GIB * SHARE_OF_MACHINE,
    resident: Number.POSITIVE_INFINITY,
    residentBytes: () => 0,
  };
}
