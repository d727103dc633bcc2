/** The packages that a lock file names, in a cache: installed where they are not there yet. */
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
} from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";

const LISTED = join(import.meta.dirname, "installed");
const CACHE = join(import.meta.dirname, "../../.cache/packages");
const FILES = ["package.json", "package-lock.json"];

/** Their `node_modules`; the lock file lies in `listed`. */
export async function installPackages(listed = LISTED): Promise<string> {
  const digest = createHash("sha256");
  for (const file of FILES) digest.update(readFileSync(join(listed, file)));
  const folder = join(CACHE, digest.digest("hex").slice(0, 16));
  if (!existsSync(folder)) {
    mkdirSync(CACHE, { recursive: true });
    const building = mkdtempSync(join(CACHE, "building-"));
    for (const file of FILES) cpSync(join(listed, file), join(building, file));
    const flags = ["--ignore-scripts", "--no-audit", "--no-fund", "--engine-strict=false"];
    await promisify(execFile)("npm", ["ci", ...flags], { cwd: building });
    try {
      renameSync(building, folder);
    } catch (error) {
      // Another test installed them meanwhile.
      if (!existsSync(folder)) throw error;
      rmSync(building, { recursive: true });
    }
  }
  return join(folder, "node_modules");
}
