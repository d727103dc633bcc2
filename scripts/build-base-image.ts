/**
 * Builds the base image into build/base-image, unless it is up to date. Shows its progress on a
 * terminal; says one line elsewhere; says nothing where there is nothing to do.
 *
 *     node scripts/build-base-image.ts
 */
import { Progress } from "../src/cli/progress.ts";
import { ensureBaseImage } from "../src/images/base-image.ts";

const progress = new Progress();
let announced = false;

try {
  await ensureBaseImage({
    onDownload: (received, total) => show("fetching commands from npm", received, total),
    onPack: (packed, total) => show("packing the base image", packed, total),
  });
} catch (error) {
  progress.clear();
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
  process.exitCode = 1;
}
progress.clear();

function show(what: string, done: number, total: number): void {
  if (process.stderr.isTTY) progress.show(what, done, total);
  else if (!announced) process.stderr.write("building the base image: 46 MB of commands, once\n");
  announced = true;
}
