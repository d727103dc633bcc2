/** Node programs on Node: each process in an isolate, which begins as the snapshot of the Node layer. */
import { encodeUtf8 } from "../../../kernel/index.ts";
import { NODE_MAGIC } from "../../../runtimes/node/magic.ts";
import { nodeGuests } from "./guests.ts";
import { LazyFormat } from "./lazy-format.ts";

/** `onFault` hears of faults that are the engine's or the kernel's own. */
export function nodeFormat(onFault: (reason: unknown) => void): LazyFormat {
  return new LazyFormat("node", encodeUtf8(NODE_MAGIC), async () => {
    const [{ NodeEngine }, { openNodeSnapshot }] = await Promise.all([
      import("../../../runtimes/engines/isolated-vm/node-engine.ts"),
      import("./node-snapshot.ts"),
    ]);
    const { snapshot, workerSnapshot, library } = await openNodeSnapshot();
    const guests = nodeGuests(onFault);
    return new NodeEngine({ snapshot, workerSnapshot, library, guests, onFault });
  });
}
