/** A process that writes to a directory store until it is killed: FOLDER SEED. */
import { writeSync } from "node:fs";
import { openDirectoryStore } from "../../../src/stores/directory.ts";
import { writeForever } from "./workload.ts";

const [folder = "", seed = ""] = process.argv.slice(2);
const store = await openDirectoryStore(folder);
// At once and whole: what was said must have happened.
await writeForever(store, Number(seed), (commit) => void writeSync(1, `${commit}\n`));
