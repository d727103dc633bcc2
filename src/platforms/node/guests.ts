/** The guests of this kernel's thread: those of all formats share a doorbell and a bound on their memory. */
import { Guests } from "../../../runtimes/engines/guests.ts";
import { defaultMemoryLimits } from "../../../runtimes/engines/isolated-vm/memory-limits.ts";
import { nodeHost } from "./host.ts";

let guests: Guests | undefined;

/** `onFault` hears of faults that are the engine's or the kernel's own; the first one stays. */
export function nodeGuests(onFault: (reason: unknown) => void): Guests {
  const { scheduler } = nodeHost;
  guests ??= new Guests({ scheduler, onFault, memory: defaultMemoryLimits() });
  return guests;
}
