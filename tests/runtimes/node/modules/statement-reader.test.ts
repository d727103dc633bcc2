/** What is found in a module whose statements are forgotten as soon as they are read. */
import { Parser } from "acorn";
import { expect, test } from "vitest";
import { analyzeModule } from "../../../../runtimes/node/modules/analysis.ts";
import { moduleReader } from "../../../../runtimes/node/modules/statement-reader.ts";

const read = moduleReader(Parser as never);
const analyze = (source: string) => analyzeModule(source, read);

test("the first await counts, although what stands in a statement comes before it", () => {
  const source = "if (await a) { await b; }";
  expect(analyze(source).awaitPosition).toBe(source.indexOf("await a"));
  expect(analyze("async () => { await a; }").hasTopLevelAwait).toBe(false);
});

test("assignments in functions are told from those at the top level", () => {
  const body = "export let x, y, z; { x = 1; } function f() { if (x) { y = 2; } }";
  expect(analyze(`${body} class A { static { { z = 3; } } }`).reassigned).toEqual(["y", "z"]);
});

test("arguments belong to the function around them, parameters and arrows included", () => {
  const inside = "function f(a = () => { return arguments; }) { return () => { arguments; }; }";
  expect(analyze(inside).outerArguments).toEqual([]);
  expect(analyze("() => { arguments; }").outerArguments).toHaveLength(1);
});

test("what is exported is still there to be looked at", () => {
  const source =
    "export const { a, b: [c] } = d, e = () => { import('f'); }; export function g() {}";
  const { localExports, dynamicImports } = analyze(source);
  expect(localExports.map(({ name }) => name)).toEqual(["a", "c", "e", "g"]);
  expect(dynamicImports).toEqual([source.indexOf("import")]);
  expect(() => analyze("export const a = 1; export function a() {}")).toThrow(SyntaxError);
});
