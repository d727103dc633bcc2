/** The guests in workers of this kernel's: those of all formats share a doorbell and a bound on their memory. */
import { Guests } from "../../../runtimes/engines/guests.ts";
import type { EngineOptions } from "./engine-options.ts";
import { browserHost } from "./host.ts";
import { commandMemoryHere, UNKNOWN_SIZE } from "./memory-limits.ts";

let guests: Guests | undefined;

export function tabGuests({ commandMemory, onFault }: EngineOptions): Guests {
  const { scheduler } = browserHost;
  const memory = { guests: commandMemory ?? commandMemoryHere(), ...UNKNOWN_SIZE };
  guests ??= new Guests({ scheduler, onFault, memory });
  return guests;
}
