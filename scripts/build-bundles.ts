/** Bundles for every host: dist/node and dist/browser. `npm run build` adds the declarations. */
import { resolve } from "node:path";
import { build } from "vite";
import { buildBrowser } from "./build-browser.ts";

const ROOT = resolve(import.meta.dirname, "..");

await build({ root: ROOT, configFile: resolve(ROOT, "vite.config.ts"), logLevel: "warn" });
await buildBrowser(resolve(ROOT, "dist/browser"));
