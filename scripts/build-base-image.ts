/**
 * Builds the base image into build/base-image, unless it is up to date. Shows its progress on a
 * terminal; says one line elsewhere; says nothing where there is nothing to do.
 *
 *     node scripts/build-base-image.ts
 */
import { ensureBaseImage } from "../src/images/base-image.ts";

const BAR = 24;
let lastPercent = -1;
let announced = false;

try {
  if (await ensureBaseImage({ onDownload: download, onPack: pack })) clearLine();
} catch (error) {
  clearLine();
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
  process.exitCode = 1;
}

function download(received: number, total: number): void {
  show(received, total, "commands from npm, ");
}

function pack(packed: number, total: number): void {
  show(packed, total, "packing the base image, ");
}

function show(done: number, total: number, what: string): void {
  const percent = Math.min(100, Math.floor((done / total) * 100));
  if (percent === lastPercent) return;
  lastPercent = percent;
  if (!process.stderr.isTTY) {
    announce();
    return;
  }
  const filled = Math.round((percent / 100) * BAR);
  const bar = `${"━".repeat(filled)}\x1b[2m${"━".repeat(BAR - filled)}\x1b[22m`;
  const size = `${(done / 1e6).toFixed(1)} of ${(total / 1e6).toFixed(1)} MB`;
  process.stderr.write(`\r\x1b[K\x1b[36m${bar}\x1b[39m  ${what}${size}`);
}

function announce(): void {
  if (!announced) process.stderr.write("building the base image: 46 MB of commands, once\n");
  announced = true;
}

function clearLine(): void {
  if (process.stderr.isTTY) process.stderr.write("\r\x1b[K");
}
