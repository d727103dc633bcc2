/** `npm run build`: dist/node (bundles) and dist/types (declarations). */
import { spawnSync } from "node:child_process";
import { resolve } from "node:path";
import { build } from "vite";

const ROOT = resolve(import.meta.dirname, "..");

await build({ root: ROOT, configFile: resolve(ROOT, "vite.config.ts"), logLevel: "warn" });

const tsc = resolve(ROOT, "node_modules/typescript/bin/tsc");
const types = spawnSync(process.execPath, [tsc, "-b", "src"], { cwd: ROOT, stdio: "inherit" });
process.exitCode = types.status ?? 1;
