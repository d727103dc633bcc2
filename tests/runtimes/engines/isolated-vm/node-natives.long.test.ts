/**
 * What V8 hides, as Node programs see it: the state of promises, iterators left where they are, storage
 * that follows `await`, rejections that nobody handled, contexts. Some of it rests on the layout of V8's
 * objects (heap-fields.ts), so that this fails where a V8 is another one.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createVm, type Vm } from "../../../../src/index.ts";

let vm: Vm;
beforeAll(async () => {
  vm = await createVm();
});
afterAll(async () => {
  await vm.dispose();
});

async function node(script: string) {
  await vm.fs.writeFile("/tmp/script.js", script);
  const { stdout, stderr, exitCode } = await vm.exec("node /tmp/script.js");
  return { stdout: String(stdout), stderr: String(stderr), exitCode };
}

describe("what V8 hides", () => {
  test("shows promises and iterators without a trace", async () => {
    const { stdout } = await node(`
      const rejected = Promise.reject(new Error("no")); rejected.catch(() => {});
      class Own extends Promise {}
      const entries = new Map([["a", 1], ["b", 2]]).entries(); entries.next();
      console.log(new Promise(() => {}), Promise.resolve({ a: 1 }), Own.resolve(2));
      console.log(entries, entries, new Set([1, 2]).values());
      console.log([...entries]);
      const { types } = require("util");
      console.log(types.isPromise(Own.resolve()), types.isPromise({ then() {}, __proto__: Promise.prototype }));
      console.log(types.isMap(Object.setPrototypeOf(new Map(), null)), types.isMap({ [Symbol.toStringTag]: "Map" }));
    `);
    expect(stdout.split("\n")).toEqual([
      "Promise { <pending> } Promise { { a: 1 } } Own [Promise] { 2 }",
      "[Map Entries] { [ 'b', 2 ] } [Map Entries] { [ 'b', 2 ] } [Set Iterator] { 1, 2 }",
      "[ [ 'b', 2 ] ]",
      "true false",
      "true false",
      "",
    ]);
  });

  test("gives memory back while nothing happens", async () => {
    const { stdout } = await node(`
      const v8 = require("v8");
      let garbage = Array.from({ length: 300_000 }, (_, i) => [{ i }]);
      garbage = undefined;
      const look = () => {
        const { total_heap_size: taken, used_heap_size: used } = v8.getHeapStatistics();
        if (taken < used * 1.25) console.log("small");
        else setTimeout(look, 1500);
      };
      setTimeout(look, 1500);
    `);
    expect(stdout).toBe("small\n");
  });

  test("reads them soundly while memory is collected", async () => {
    const { stdout } = await node(`
      const { inspect } = require("util"); const kept = [];
      for (let i = 0; i < 30000; i++) {
        const promise = i % 2 ? Promise.resolve("v" + i) : new Promise(() => {});
        const iterator = new Map([[i, "m" + i]]).values();
        kept.push(promise, iterator);
        const shown = inspect([promise, iterator]);
        if (!shown.includes(i % 2 ? "v" + i : "<pending>") || !shown.includes("m" + i)) throw shown;
        if (i % 500 === 0) kept.length = 0;
      }
      console.log("sound");
    `);
    expect(stdout).toBe("sound\n");
  });

  test("keeps AsyncLocalStorage across await and callbacks of the loop", async () => {
    const { stdout } = await node(`
      const { AsyncLocalStorage } = require("async_hooks"); const store = new AsyncLocalStorage();
      async function steps(name) {
        const seen = [];
        await 0; seen.push(store.getStore());
        await new Promise((resolve) => setTimeout(resolve, 2)); seen.push(store.getStore());
        await Promise.reject(1).catch(() => {}); seen.push(store.getStore());
        await new Promise((resolve) => require("fs").stat("/", resolve)); seen.push(store.getStore());
        return name + seen.join("");
      }
      Promise.all([store.run("a", steps, "1"), store.run("b", steps, "2")]).then((all) => console.log(all, store.getStore()));
    `);
    expect(stdout).toBe("[ '1aaaa', '2bbbb' ] undefined\n");
  });
});

describe("a rejection that nobody handles", () => {
  test("ends the process with status 1 and its error", async () => {
    const { stderr, exitCode } = await node(`
      setInterval(() => {}, 1000);
      (async () => { await null; throw Object.assign(new RangeError("alone"), { code: "E_ALONE" }); })();
    `);
    expect(exitCode).toBe(1);
    expect(stderr).toContain("RangeError: alone");
    expect(stderr).toContain("code: 'E_ALONE'");
  });

  test("is told to a listener by the reason itself, and the process goes on", async () => {
    const { stdout, exitCode } = await node(`
      const reasons = [new Error("fresh"), new Error("read before"), 5];
      void reasons[1].stack;
      process.on("unhandledRejection", (reason) => console.log(reasons.indexOf(reason)));
      const next = (i) => {
        if (i === reasons.length) return console.log("goes on");
        Promise.reject(reasons[i]);
        setTimeout(next, 5, i + 1);
      };
      next(0);
    `);
    expect(stdout.split("\n")).toEqual(["0", "1", "2", "goes on", ""]);
    expect(exitCode).toBe(0);
  });

  test("is none where a handler came in time", async () => {
    const { stdout, exitCode } = await node(`
      const promise = Promise.reject(new Error("late"));
      process.nextTick(() => promise.catch(() => console.log("handled")));
    `);
    expect({ stdout, exitCode }).toEqual({ stdout: "handled\n", exitCode: 0 });
  });
});

describe("contexts of the vm module", () => {
  test("share variables with their object, and nothing else", async () => {
    const { stdout } = await node(`
      const vm = require("vm"); const object = vm.createContext({ a: 1 });
      vm.runInContext("var b = a + 1; c = 3; let hidden = 4; function d() { return b + hidden }", object);
      object.b = 10;
      console.log(object.a, object.c, typeof object.hidden, vm.runInContext("d()", object));
      console.log(vm.runInContext("[typeof process, typeof require, typeof globalThis.startNode]", object).join());
      console.log(vm.runInContext("[] instanceof Array", object), vm.runInContext("[]", object) instanceof Array);
      try { vm.runInContext("for (;;);", object, { timeout: 20 }) } catch (error) { console.log(error.code) }
    `);
    expect(stdout.split("\n")).toEqual([
      "1 3 undefined 14",
      "undefined,undefined,undefined",
      "true false",
      "ERR_SCRIPT_EXECUTION_TIMEOUT",
      "",
    ]);
  });
});
