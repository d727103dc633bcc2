/**
 * Lets Node run @zenfs/core's tests where npm put them, all in one process: TypeScript's types are stripped
 * from them too, which Node itself refuses below node_modules, and each file gets a setup of its own.
 */
import { readFileSync } from "node:fs";
import { registerHooks, stripTypeScriptTypes } from "node:module";
import { basename, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const TESTS = "/node_modules/@zenfs/core/tests/";
const SETUP = pathToFileURL(join(import.meta.dirname, "setup.ts")).href;

registerHooks({
  /** A test file imports common.ts, and that the setup; each of them is another module for each file. */
  resolve(specifier, context, next) {
    const resolved = next(specifier, context);
    const { pathname = "", search = "" } = URL.parse(context.parentURL ?? "") ?? {};
    if (!pathname.includes(TESTS)) return resolved;
    if (resolved.url === SETUP) return { ...resolved, url: resolved.url + search };
    const isCommon = resolved.url.endsWith(`${TESTS}common.ts`);
    return isCommon ? { ...resolved, url: `${resolved.url}?${basename(pathname)}` } : resolved;
  },
  load(url, context, next) {
    if (!url.includes(TESTS) || !/\.ts(\?|$)/.test(url)) return next(url, context);
    const source = stripTypeScriptTypes(readFileSync(fileURLToPath(url), "utf8"));
    return { format: "module", source, shortCircuit: true };
  },
});
