/** A process whose store's disk is full: FOLDER, a file system of 4 MB. Says what came of it, as JSON. */
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { openDirectoryStore } from "../../../src/stores/directory.ts";
import { fsck } from "../../../src/stores/fsck.ts";
import { chunks, hashesOf } from "../../src/stores/chunks.ts";
import { node, references } from "../../src/stores/nodes.ts";

const [folder = ""] = process.argv.slice(2);
const store = await openDirectoryStore(join(folder, "store"));
const ballast = join(folder, "ballast");
writeFileSync(ballast, new Uint8Array(1 << 20));

const kept = await chunks(10, 50_000);
const root = await node({}, kept);
await store.put([...kept, root]);
await store.swapRef("machines/main", undefined, root.hash);

const tooMuch = await chunks(100, 50_000, 100);
const refused = await store.put(tooMuch).then(
  () => "stored",
  (error) => error.code,
);
const after = await fsck(store, references);
const quota = (await store.usage()).quota;

// Once there is room again, the same commit goes through.
rmSync(ballast);
const fits = tooMuch.slice(0, 20);
const next = await node({}, [...kept, ...fits]);
const absent = new Set(await store.missing(hashesOf([...fits, next])));
await store.put([...fits, next].filter(({ hash }) => absent.has(hash)));
const swapped = await store.swapRef("machines/main", root.hash, next.hash);
const recovered = await fsck(store, references);
await store.close();
console.log(
  JSON.stringify({
    refused,
    damaged: after.damaged,
    quota,
    swapped,
    referenced: recovered.referenced.chunks,
    damagedFinally: recovered.damaged,
  }),
);
