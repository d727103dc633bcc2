/**
 * Finds import() in scripts of any size; compiled when a source has one, or seems to. Its WebAssembly
 * cannot be in a snapshot, so this is a script of its own (dynamic-imports.ts).
 */
import { parse } from "es-module-lexer/minimal";
import type { FindDynamicImports } from "./dynamic-imports.ts";

declare const register: (find: FindDynamicImports) => void;

register((source) => {
  const [imports] = parse(source);
  return imports.filter(({ d }) => d >= 0).map(({ ss }) => ss);
});
