/** What a script declares in its global scope, which contexts have to know before it runs. */
import { parse } from "acorn";
import { expect, test } from "vitest";
import { declaredIn } from "../../../runtimes/node/context-variables.ts";
import type { Engine } from "../../../runtimes/node/engine.ts";
import type { Node } from "../../../runtimes/node/modules/syntax-tree.ts";

const engine = { remember: (_kind, _source, make) => make() } as Pick<Engine, "remember"> as Engine;

function declared(source: string) {
  return declaredIn(
    source,
    engine,
    (text) => parse(text, { ecmaVersion: "latest", sourceType: "script" }) as unknown as Node,
  );
}

test("variables of blocks, loops and patterns are the script's, those of functions are not", () => {
  const source = `
    var a, { b, c: [d = 1], ...e } = {};
    for (var f in {}) { if (f) { var g } }
    for (let h of []) { const i = 1; label: { try { var j } catch (k) {} } }
    const l = function () { var no }; class M { static { var no } n() { var no } }
    function o() { var no; function no2() {} }
    { function p() {} }
    (() => { var no })();
  `;
  expect(declared(source)).toEqual({
    variables: ["a", "b", "d", "e", "f", "g", "j"],
    functions: ["o"],
  });
});

test("a function's name is no variable too", () => {
  expect(declared("var f; function f() {}")).toEqual({ variables: [], functions: ["f"] });
});

test("what declares nothing is not parsed, nor is an expression that a loader wraps its text in", () => {
  const none = { variables: [], functions: [] };
  const never = () => {
    throw new Error("parsed");
  };
  expect(declaredIn("x = variable + functional", engine, never)).toEqual(none);
  expect(declaredIn("(function (module) { var a; })\n", engine, never)).toEqual(none);
  expect(declared("var = 1")).toEqual(none);
});
