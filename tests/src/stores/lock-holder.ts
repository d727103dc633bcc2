/** A process that holds the lock of a store's ref until it is killed: FOLDER REF. Says when it has it. */
import { openDirectoryStore } from "../../../src/stores/directory.ts";

const [folder = "", ref = ""] = process.argv.slice(2);
const store = await openDirectoryStore(folder);
const hash = "0".repeat(64);
await store.put([{ hash, bytes: new Uint8Array(10) }]);
await store.swapRef("snapshots/held", undefined, hash);
await store.put([{ hash: "1".repeat(64), bytes: new Uint8Array(10) }]);
await store.lock(ref);
console.log("locked");
setInterval(() => {}, 60_000);
