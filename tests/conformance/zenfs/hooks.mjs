/**
 * Lets Node run @zenfs/core's tests where npm put them: TypeScript's types are stripped from them too,
 * which Node itself refuses below node_modules.
 */
import { readFileSync } from "node:fs";
import { registerHooks, stripTypeScriptTypes } from "node:module";

registerHooks({
  load(url, context, next) {
    if (!url.includes("/node_modules/@zenfs/core/tests/") || !url.endsWith(".ts")) {
      return next(url, context);
    }
    const source = stripTypeScriptTypes(readFileSync(new URL(url), "utf8"));
    return { format: "module", source, shortCircuit: true };
  },
});
