/** `npm run build`: the bundles, and dist/types (declarations). */
import { spawnSync } from "node:child_process";
import { resolve } from "node:path";

const ROOT = resolve(import.meta.dirname, "..");

await import("./build-bundles.ts");

const tsc = resolve(ROOT, "node_modules/typescript/bin/tsc");
const types = spawnSync(process.execPath, [tsc, "-b", "src", "src/platforms/browser"], {
  cwd: ROOT,
  stdio: "inherit",
});
process.exitCode = types.status ?? 1;
