/** The packages that the lock file names, in a cache: installed where they are not there yet. */
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";

const LISTED = join(import.meta.dirname, "installed");
const CACHE = join(LISTED, "../../../.cache/packages");
const FILES = ["package.json", "package-lock.json"];

/** Their `node_modules`. */
export async function installPackages(): Promise<string> {
  const digest = createHash("sha256");
  for (const file of FILES) digest.update(readFileSync(join(LISTED, file)));
  const folder = join(CACHE, digest.digest("hex").slice(0, 16));
  if (!existsSync(folder)) {
    mkdirSync(CACHE, { recursive: true });
    const building = mkdtempSync(join(CACHE, "building-"));
    for (const file of FILES) cpSync(join(LISTED, file), join(building, file));
    const flags = ["--ignore-scripts", "--no-audit", "--no-fund", "--engine-strict=false"];
    await promisify(execFile)("npm", ["ci", ...flags], { cwd: building });
    renameSync(building, folder);
  }
  return join(folder, "node_modules");
}
