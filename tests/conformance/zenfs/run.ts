/** `node run.ts FILE...` runs files of the suite on machines of the host that ISOPOD_HOST names. */
import { deepStrictEqual } from "node:assert";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { close } from "./machines.ts";

for (const file of process.argv.slice(2)) await import(pathToFileURL(file).href);

// The last, for they run in turn.
test("the host had nothing to say of faults of its own", async () => {
  deepStrictEqual(await close(), []);
});
