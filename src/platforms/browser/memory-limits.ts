/** What guests may take of the memory of a visitor's machine. */

const GIB = 2 ** 30;
const SHARE_OF_MACHINE = 0.5;
/** A browser that does not tell how large the machine is. */
const UNKNOWN_GIB = 4;

export function commandMemoryHere(): number {
  const { deviceMemory = UNKNOWN_GIB } = navigator as { deviceMemory?: number };
  return deviceMemory * GIB * SHARE_OF_MACHINE;
}

/** A browser tells no worker's size: what counts is what guests say of their memories. */
export const UNKNOWN_SIZE = { resident: Number.POSITIVE_INFINITY, residentBytes: () => 0 };
