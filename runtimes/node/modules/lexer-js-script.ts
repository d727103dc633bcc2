/** lexer-script.ts for engines without WebAssembly: the same lexer, compiled to JavaScript. */
import { parse } from "es-module-lexer/minimal/js";
import type { FindDynamicImports } from "./dynamic-imports.ts";

declare const register: (find: FindDynamicImports) => void;

register((source) => {
  const [imports] = parse(source);
  return imports.filter(({ d }) => d >= 0).map(({ ss }) => ss);
});
