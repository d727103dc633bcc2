import { describe, expect, it } from "vitest";
import { isModuleNamespace } from "../../../../runtimes/node/modules/namespace.ts";
import { SyntheticModule } from "../../../../runtimes/node/modules/synthetic-module.ts";
import { Modules } from "./modules.ts";

/** What the module "main" exports as `result`, by plain variables and by live bindings. */
async function results(texts: Readonly<Record<string, string>>): Promise<unknown[]> {
  const all: unknown[] = [];
  for (const isLive of [false, true]) {
    all.push((await new Modules(texts, { isLive }).import("main"))["result"]);
  }
  return all;
}

const same = async (texts: Readonly<Record<string, string>>, expected: unknown): Promise<void> => {
  expect(await results(texts)).toEqual([expected, expected]);
};

describe("imports and exports", () => {
  it("carries every form of import and export", () =>
    same(
      {
        main: `import a, { b as c, "odd name" as odd } from "x";
import * as ns from "x";
import b, * as again from "x";
export { c as "other odd", c } from "x";
export * as all from "x";
export * from "y";
export const result = [a, c, odd, ns.b, b, again === ns, typeof f(), f.name];
export function f() { return f }`,
        x: `export default 1; export let b = 2; const z = 3; export { z as "odd name", z as c }`,
        y: "export const y = 1, [p, { q: r, ...s }] = [1, { q: 2 }]; export default 3",
      },
      [1, 2, 3, 2, 1, true, "function", "f"],
    ));

  it("gives default exports their names", () =>
    same(
      {
        main: `import a from "a"; import b from "b"; import c from "c"; import d from "d"; import e from "e";
import g from "g";
export const result = [a.name, b.name, c.name, d.name, e.name, g.name, b(), new c().m()];`,
        a: "export default () => 1",
        b: "export default function () { return 2 }",
        c: "export default class { m() { return 3 } }",
        d: "export default (class {})",
        e: "export default async /* why */ function * () {}",
        g: "export default function named() {}",
      },
      ["default", "default", "default", "default", "default", "named", 2, 3],
    ));

  it("keeps statements apart that have no semicolon", () =>
    same(
      {
        main: `import { f } from "f"
const a = [1]
f(a)
const b = a
export { b }
[2].forEach(f)
export default a
import.meta
export const result = a`,
        f: "export let seen = 0; export const f = (x) => { seen++; if (Array.isArray(x)) x.push(9); return x }",
      },
      [1, 9],
    ));

  it("calls imports without a receiver", () =>
    same(
      {
        main: `import { f, t } from "f"; export const result = [f(), t\`x\`, f?.(), new f() instanceof f]`,
        f: "export function f() { return this } export function t() { return this }",
      },
      [undefined, undefined, undefined, true],
    ));

  it("leaves what shadows an import alone", () =>
    same(
      {
        main: `import { a, b } from "x";
const inner = (a) => a + b;
function g({ a = b }, [c = a] = []) { var b = 7; return [a, b, c]; }
const o = { a, b: a, [a]: 1, a() { return a } };
class C { a = a; static b = b; a2() { return a } static { C.c = a } }
label: for (const a of [5]) { o.loop = a; continue label }
try { throw 6 } catch (a) { o.caught = a }
switch (a) { case 1: { let a = 8; o.block = a } }
const named = function b() { return typeof b };
export const result = [inner(10), g({}), o.a(), o.b, o[1], new C().a, C.b, C.c, new C().a2(), o.loop, o.caught, o.block, named(), \`\${a}\`];`,
        x: "export const a = 1, b = 2",
      },
      [12, [2, 7, 2], 1, 1, 1, 1, 2, 1, 1, 5, 6, 8, "function", "1"],
    ));

  it("shows what the other module assigns later", () =>
    same(
      {
        main: `import { n, add, d } from "x"; import * as ns from "x"; const before = n; add();
export const result = [before, n, ns.n, d];`,
        x: `export let n = 0; export function add() { n++; d = 5 } export { d }; var d; export { n as m }`,
      },
      [0, 1, 1, 5],
    ));

  it("throws on an assignment to an import", async () => {
    for (const line of ["a = 2", "a++", "({ a } = { a: 1 })", "[a] = [1]", "for (a of [1]);"]) {
      const texts = { main: `import { a } from "x"; ${line}`, x: "export const a = 1" };
      await expect(new Modules(texts).import("main"), line).rejects.toThrow(
        new TypeError("Assignment to constant variable."),
      );
    }
  });

  it("updates copies of a synthetic module's exports", async () => {
    const fs = new SyntheticModule("fs", ["read"], () => fs.setExport("read", 1));
    const modules = new Modules({
      main: `import { read } from "fs"; export const get = () => read`,
    });
    const { get } = (await modules.add(fs).import("main")) as { get: () => number };
    expect(get()).toBe(1);
    fs.setExport("read", 2);
    expect(get()).toBe(2);
  });
});

describe("cycles", () => {
  it("hoists functions over a cycle", () =>
    same(
      {
        main: `import { early } from "b"; export function f() { return 42 } export const result = early`,
        b: `import { f } from "main"; export const early = f()`,
      },
      42,
    ));

  it("has the dead zone of a binding that is not initialized", () =>
    same(
      {
        main: `import { message } from "b"; export const late = 1; export const result = message`,
        b: `import * as ns from "main"; import { late } from "main"; export let message;
try { late } catch (e) { message = [e.name, e.message] }
try { ns.late } catch (e) { message.push(e.name) }
try { Object.keys(ns) } catch (e) { message.push(e.name) }`,
      },
      [
        "ReferenceError",
        "Cannot access 'late' before initialization",
        "ReferenceError",
        "ReferenceError",
      ],
    ));

  it("resolves stars around a cycle", () =>
    same(
      {
        main: `import { a, b } from "a"; export const result = [a, b]`,
        a: `export * from "b"; export const a = 1`,
        b: `export * from "a"; export const b = 2`,
      },
      [1, 2],
    ));
});

describe("top-level await", () => {
  it("orders modules as the language does", async () => {
    const texts = {
      main: `import { log } from "log"; import "a"; import "b"; import "c"; log("main"); await null; log("main 2"); export const result = log.all`,
      log: "export const log = (x) => log.all.push(x); log.all = []",
      a: `import { log } from "log"; log("a"); await null; log("a 2"); for await (const x of [1]) log("a " + (x + 2))`,
      b: `import { log } from "log"; log("b")`,
      c: `import { log } from "log"; import "a"; log("c"); const x = await Promise.resolve(log("c 2")); export {x}`,
    };
    await same(texts, ["a", "b", "a 2", "a 3", "c", "c 2", "main", "main 2"]);
  });

  it("rejects all that wait for one that fails", async () => {
    const texts = {
      main: `import "mid"; globalThis.reached = true`,
      mid: `import "bad"`,
      bad: "await null; throw new Error('no')",
    };
    const modules = new Modules(texts);
    await expect(modules.import("main")).rejects.toThrow("no");
    await expect(modules.import("mid")).rejects.toThrow("no");
    expect(globalThis).not.toHaveProperty("reached");
  });

  it("tells sync graphs from others", () => {
    const modules = new Modules({
      sync: "export const a = async () => { await 1 }",
      tla: "await 1",
    });
    expect(modules.link("sync").isGraphAsync()).toBe(false);
    expect(modules.link("tla").isGraphAsync()).toBe(true);
    expect(modules.importSync("sync")["a"]).toBeTypeOf("function");
  });
});

describe("what a module's code sees", () => {
  it("has no this and no arguments, and is strict", () =>
    same(
      {
        main: `let e1; try { arguments } catch (e) { e1 = e.message }
let e2; try { undeclared = 1 } catch (e) { e2 = e.name }
export const result = [this, typeof arguments, e1, e2, (function () { return arguments.length })(1)]`,
      },
      [undefined, "undefined", "arguments is not defined", "ReferenceError", 1],
    ));

  it("names methods, properties and labels as it likes", () =>
    same(
      {
        x: "export const x = 3",
        main: `import { x } from "x";
class C { arguments() { return 1 } static arguments = 2 }
const o = { arguments() { return x }, x: 4 };
x: for (;;) break x;
export const result = [new C().arguments(), C.arguments, o.arguments(), o.x, x]`,
      },
      [1, 2, 3, 4, 3],
    ));

  it("has import.meta and import()", () =>
    same(
      {
        main: `const own = import.meta; const { x } = await import("x");
const failed = await import("nowhere").catch((e) => e.message);
export const result = [import.meta.url, own === import.meta, x, failed]`,
        x: "export const x = import.meta.url",
      },
      ["main", true, "x", "no module nowhere"],
    ));

  it("keeps lines and columns", () =>
    same(
      {
        main: `#!/usr/bin/env node
import {
  a,
} from "x"; const where = () => /main:[0-9:]+/.exec(new Error().stack)[0];
const first = where(), t = a;
export default function () { return where() }
export const result = [first, import.meta && where()];`,
        x: "export const a = 1",
      },
      ["main:4:53", "main:4:53"],
    ));

  it("throws errors that name what the text names", async () => {
    const texts = { main: `import { a } from "x"; a()`, x: "export const a = 1" };
    await expect(new Modules(texts).import("main")).rejects.toThrow("a is not a function");
  });
});

describe("names that cannot be resolved", () => {
  it.each([
    [`import { no } from "x"`, "missing"],
    [`export { no } from "x"`, "missing"],
    [`import no from "star"`, "missing"],
    [`import { a } from "two"`, { ambiguous: ["x", "y"] }],
    [`import { loop } from "l1"`, "cycle"],
  ])("%s", (main, expected) => {
    const modules = new Modules({
      ...{ main, x: "export const a = 1; export default 1", y: "export const a = 2" },
      two: `export * from "x"; export * from "y"`,
      star: `export * from "x"`,
      l1: `export { loop } from "l2"`,
      l2: `export { loop } from "l1"`,
    });
    expect(() => modules.link("main")).toThrow(JSON.stringify(expected));
  });

  it("takes the same binding by two ways for one", () =>
    same(
      {
        main: `import { a } from "two"; export const result = a`,
        x: "export const a = 1",
        y: `export { a } from "x"`,
        two: `export * from "x"; export * from "y"`,
      },
      1,
    ));
});

describe("namespaces", () => {
  it("has the shape of the language's", () => {
    const modules = new Modules({
      main: "export let b = 1; export const a = 2, $ = 3; export default 4",
    });
    const ns = modules.importSync("main");
    expect(Reflect.ownKeys(ns)).toEqual(["$", "a", "b", "default", Symbol.toStringTag]);
    expect(Object.prototype.toString.call(ns)).toBe("[object Module]");
    expect(Object.getPrototypeOf(ns)).toBe(null);
    expect(Object.isExtensible(ns)).toBe(false);
    expect(Object.isSealed(ns)).toBe(true);
    expect(Object.isFrozen(ns)).toBe(false);
    expect(Object.getOwnPropertyDescriptor(ns, "b")).toEqual({
      ...{ value: 1, writable: true, enumerable: true, configurable: false },
    });
    expect(Reflect.set(ns, "b", 2)).toBe(false);
    expect(Reflect.deleteProperty(ns, "b")).toBe(false);
    expect(Reflect.deleteProperty(ns, "none")).toBe(true);
    expect(Reflect.defineProperty(ns, "b", { value: 1 })).toBe(true);
    expect(Reflect.defineProperty(ns, "b", { value: 2 })).toBe(false);
    expect("b" in ns && !("c" in ns)).toBe(true);
    expect({ ...ns }).toEqual({ $: 3, a: 2, b: 1, default: 4 });
    expect(isModuleNamespace(ns)).toBe(true);
    expect(isModuleNamespace({})).toBe(false);
  });
});
