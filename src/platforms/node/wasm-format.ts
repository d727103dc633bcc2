/** WebAssembly on Node: each process in an isolate, which the guests' script makes ready. */
import { guestBundle } from "../../guest-bundle.ts";
import { nodeGuests } from "./guests.ts";
import { LazyFormat } from "./lazy-format.ts";

const MAGIC = new Uint8Array([0x00, 0x61, 0x73, 0x6d]);

/** `onFault` hears of faults that are the engine's or the kernel's own. */
export function wasmFormat(onFault: (reason: unknown) => void): LazyFormat {
  return new LazyFormat("wasm", MAGIC, async () => {
    const [{ IsolatedVmEngine }, guestSource] = await Promise.all([
      import("../../../runtimes/engines/isolated-vm/engine.ts"),
      guestBundle("guest"),
    ]);
    return new IsolatedVmEngine({ guestSource, guests: nodeGuests(onFault), onFault });
  });
}
