/**
 * Takes Node's library out of the pinned release into build/node-library, unless it is there.
 *
 *     node scripts/build-node-library.ts
 */
import { Progress } from "../src/cli/progress.ts";
import { ensureNodeLibrary } from "../src/node-library/build.ts";

/** Bytes of the package, for the progress alone. */
const SIZE = 51_589_858;
const progress = new Progress();
let announced = false;

try {
  await ensureNodeLibrary((received) => {
    if (process.stderr.isTTY) progress.show("fetching Node's library from npm", received, SIZE);
    else if (!announced) process.stderr.write("fetching Node's library: 52 MB, once\n");
    announced = true;
  });
} catch (error) {
  progress.clear();
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
  process.exitCode = 1;
}
progress.clear();
