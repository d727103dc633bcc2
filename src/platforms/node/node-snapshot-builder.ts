/**
 * Builds the V8 snapshot that Node guests start from. A process of its own, run with
 * `--allow-natives-syntax`, which no guest may have:
 *
 *     node --allow-natives-syntax node-snapshot-builder.ts INPUT OUTPUT [--no-heap-fields]
 *
 * The main thread of a process and its worker_threads begin as different ones (SnapshotInput).
 */
import { readFileSync, writeFileSync } from "node:fs";
import ivm from "isolated-vm";
import {
  HEAP_FIELDS,
  NO_HEAP_FIELDS,
} from "../../../runtimes/engines/isolated-vm/node-guest/heap-fields.ts";
import { NATIVES } from "../../../runtimes/engines/isolated-vm/node-guest/natives.ts";

/** What node-snapshot.ts writes to INPUT. */
export interface SnapshotInput {
  readonly bundle: string;
  /** JSON of the library's index, and of the modules. */
  readonly index: string;
  readonly modules: Record<string, string>;
  readonly isWorkerThread: boolean;
}

const [input, output, option] = process.argv.slice(2) as [string, string, string?];
const fields = option === "--no-heap-fields" ? NO_HEAP_FIELDS : HEAP_FIELDS;
const { bundle, index, modules, isWorkerThread } = JSON.parse(
  readFileSync(input, "utf8"),
) as SnapshotInput;
const snapshot = ivm.Isolate.createSnapshot(scripts(findUsed()));
writeFileSync(output, Buffer.from(snapshot.copy()));
// Isolates may live on in threads of V8's; nothing here waits for them.
process.exit(0);

/** The ids of the modules that the bundle asks for: the others need not be in the snapshot. */
function findUsed(): string[] {
  const isolate = new ivm.Isolate({ memoryLimit: 512 });
  const context = isolate.createContextSync();
  for (const { code, filename } of scripts(Object.keys(modules))) {
    context.evalSync(code, { filename });
  }
  return JSON.parse(context.evalSync("JSON.stringify([...isopodUsedModules])") as string);
}

/** The library is a script of its own, so that its text can be collected once it is compiled. */
function scripts(ids: readonly string[]): { code: string; filename: string }[] {
  const sources = Object.fromEntries(ids.map((id) => [id, modules[id]]));
  return [
    {
      code: `globalThis.SharedArrayBuffer ??= undefined; globalThis.__isopodLibrary = ${index}; __isopodLibrary.isWorkerThread = ${isWorkerThread}; __isopodLibrary.sources = ${JSON.stringify(sources)};`,
      filename: "isopod:library",
    },
    { code: `{${NATIVES}${fields}${bundle}}`, filename: "isopod:node" },
  ];
}
