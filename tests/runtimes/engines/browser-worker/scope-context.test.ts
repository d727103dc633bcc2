/** A global scope for scripts that is an object, in an engine which has one global scope. */
import { parse } from "acorn";
import { expect, test } from "vitest";
import { ScopeContext } from "../../../../runtimes/engines/browser-worker/node-guest/scope-context.ts";
import { withVariables } from "../../../../runtimes/engines/browser-worker/node-guest/scope-script.ts";
import type { Node } from "../../../../runtimes/node/modules/syntax-tree.ts";

// biome-ignore lint/security/noGlobalEval: what a worker compiles guests' code with
const indirectEval = eval;

function context(): (source: string) => unknown {
  const made = new ScopeContext(
    (source) => parse(source, { ecmaVersion: "latest", sourceType: "script" }) as unknown as Node,
    indirectEval,
  );
  return (source) => made.runScript(source, "test.js");
}

test("a script's value is that of its last expression", () => {
  const run = context();
  expect(run("1; 2")).toBe(2);
  expect(run("var a = 3")).toBe(undefined);
  expect(run("4; function f() {}")).toBe(4);
  expect(run("'use strict'; var b = 5; b + 1")).toBe(6);
});

test("what a script declares or assigns to is there for the next one, and only in the context", () => {
  const run = context();
  run("var a = 1; let b = 2; const c = 3; d = 4; function f() { return a + b } class E {}");
  run("for (var i = 0; i < 3; i++) { if (true) { var inner = i } }");
  run("const { x, y: [z] } = { x: 7, y: [8] }");
  run("'use strict'; var s = 9; function g() { return s }");
  expect(run("[a, b, c, d, f(), new E().constructor.name, i, inner, x, z, s, g()]")).toEqual([
    ...[1, 2, 3, 4, 3, "E", 3, 2, 7, 8, 9, 9],
  ]);
  expect(run("Object.keys(globalThis).includes('a') && globalThis.d === this.d")).toBe(true);
  for (const name of ["a", "b", "c", "d", "f", "E", "i", "s"])
    expect(name in globalThis).toBe(false);
});

test("functions see the context when they are called later", () => {
  const run = context();
  const next = run("var n = 0; (() => ++n)") as () => number;
  next();
  next();
  expect(run("n")).toBe(2);
});

test("names of the host are not there, and types of missing names can be asked", () => {
  const run = context();
  expect(() => run("process")).toThrow(/^process is not defined$/);
  expect(() => run("nothing")).toThrow(/^nothing is not defined$/);
  expect(run("typeof process + typeof nothing")).toBe("undefinedundefined");
  expect(run("new Map([[1, [2]]]).get(1).length + Math.max(1, 2)")).toBe(3);
});

test("a text that is no script has the engine's error, and errors are the program's own", () => {
  const run = context();
  expect(() => run("var = 1")).toThrow(SyntaxError);
  expect(() => run("null.x")).toThrow(TypeError);
  expect(run("try { throw new Error('a') } catch (error) { error instanceof Error }")).toBe(true);
  run("delete Error.captureStackTrace; Error.stackTraceLimit = 1");
  expect(Error.captureStackTrace).toBeTypeOf("function");
});

test("a script without a context keeps what it declares by let, const and class", () => {
  const parseScript = (source: string) =>
    parse(source, { ecmaVersion: "latest", sourceType: "script" }) as unknown as Node;
  const made = (source: string) => withVariables(source, parseScript, (name) => name === "crypto");
  expect(made("let a = 1; const [b] = [2]; { let c = 3 }")).toBe(
    "var a = 1; var   [b] = [2]; { let c = 3 }",
  );
  expect(made("class A {}\nfor (const x of y);")).toBe("var A = class A {}\nfor (const x of y);");
  expect(made("let crypto = 1; let d = crypto")).toBe("let crypto = 1; var d = crypto");
  expect(made("const = 1")).toBe("const = 1");
});
