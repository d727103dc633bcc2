/**
 * Node programs against the layer that they run in: whatever they put in the place of the language's own
 * objects, they get no native of V8's, no handle of isolated-vm's, nothing of another realm's, and no memory
 * that others had. Each attack prints what it got; the control shows that its trap works.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createVm, type Vm } from "../../src/index.ts";

let vm: Vm;
beforeAll(async () => {
  vm = await createVm();
  // Long enough for its compiled code to be kept.
  await vm.fs.writeFile("/home/user/large.js", `/*${"x".repeat(70_000)}*/ module.exports = 1;`);
  await vm.fs.writeFile("/home/user/large2.js", `/*${"y".repeat(70_000)}*/ module.exports = 2;`);
});
afterAll(() => vm.dispose());

async function attack(program: string, machine = vm): Promise<unknown> {
  await machine.fs.writeFile("/home/user/attack.js", program);
  const { stdout, stderr } = await machine.exec("node attack.js");
  expect(stderr).toBe("");
  return JSON.parse(stdout);
}

const tell = (value: string) => `console.log(JSON.stringify(${value}));`;

describe("natives of V8's and fields of its objects", () => {
  test("answers of natives pass no `next` that a program can replace", async () => {
    const seen = await attack(`
      const util = require("util"), vm = require("vm");
      const prototype = Object.getPrototypeOf(function* () {}).prototype;
      const { next } = prototype;
      let seen = 0;
      prototype.next = function (...args) {
        seen++;
        const step = Reflect.apply(next, this, args);
        return typeof step.value === "boolean" ? { value: true, done: step.done } : step;
      };
      const faked = [util.types.isPromise({}), util.types.isProxy({})];
      const shown = [util.inspect(new Map([[1, 2]]).entries()), util.inspect(Promise.resolve(3))];
      vm.createContext({});
      const before = seen;
      (function* () { yield 1; })().next();
      prototype.next = next;
      ${tell("{ before, after: seen, faked, shown }")}`);
    expect(seen).toEqual({
      before: 0,
      after: 1,
      faked: [false, false],
      shown: ["[Map Entries] { [ 1, 2 ] }", "Promise { 3 }"],
    });
  });

  test.each([
    ["arrays", "Array.prototype", ["find", "map", "push", "entries", "indexOf", "some", "forEach"]],
    ["maps", "Map.prototype", ["keys", "values", "entries"]],
    ["sets", "Set.prototype", ["keys", "values", "entries"]],
    ["weak collections", "WeakSet.prototype", ["has", "add"]],
    ["weak maps", "WeakMap.prototype", ["get", "set", "has"]],
  ])("methods of %s get nothing of the layer's", async (_, prototype, names) => {
    const result = (await attack(`
      const util = require("util"), vm = require("vm");
      const seen = [];
      const HANDLES = { __proto__: null, Context: 1, Isolate: 1, Reference: 1, ExternalCopy: 1 };
      const suspicious = (value) => {
        if ((typeof value !== "object" && typeof value !== "function") || value === null) return false;
        if (value[0] === Object || (value[0] && value[0].sample)) return true;
        const constructor = value.constructor;
        return typeof constructor === "function" && HANDLES[constructor.name] === 1;
      };
      const prototype = ${prototype};
      for (const name of ${JSON.stringify(names)}) {
        const method = prototype[name];
        prototype[name] = function (...args) {
          let isOdd = suspicious(this);
          for (let i = 0; i < args.length; i++) isOdd ||= suspicious(args[i]);
          if (isOdd) seen[seen.length] = name;
          const result = Reflect.apply(method, this, args);
          return name === "has" ? result || args[0]?.isFake === true : result;
        };
      }
      const fake = { isFake: true };
      const proven = [util.types.isPromise(fake), util.types.isMapIterator(fake)];
      Object.setPrototypeOf(fake, Promise.prototype);
      proven.push(util.types.isPromise(fake));
      util.inspect(new Map([[1, 2]]).entries());
      util.inspect(new Set([1]).values());
      const context = vm.createContext({ a: 1 });
      vm.runInContext("a + 1", context);
      new vm.Script("1").runInNewContext();
      console.log(JSON.stringify({ seen, proven }));`)) as object;
    expect(result).toEqual({ seen: [], proven: [false, false, false] });
  });

  test("copies of text go to no memory that a program names, and get no text of its making", async () => {
    const result = await attack(`
      const { Module, Instance, Memory } = WebAssembly, { defineProperty } = Object;
      const seen = [];
      const replace = (object, name, property) => defineProperty(object, name, { configurable: true, ...property });
      const control = new Instance(new Module(Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0)));
      replace(globalThis, "WebAssembly", { value: { Module: class {}, Instance: class { exports = {}; constructor() { seen.push(this); } }, Memory } });
      replace(Instance.prototype, "exports", { get() { seen.push(this); return {}; } });
      replace(Memory.prototype, "buffer", { get() { seen.push(this); return new ArrayBuffer(8); } });
      replace(Instance, Symbol.hasInstance, { value: () => true });
      const { slice } = String.prototype, { set, subarray } = Uint8Array.prototype;
      const given = [{}, 7, undefined, { length: -1 }, { length: 2 ** 31 }, "x".repeat(1 << 20), Symbol.iterator];
      let turn = 0;
      const results = [];
      const text = "é€".repeat(60_000), bytes = Buffer.alloc(200_000, 0xe9);
      for (let i = 0; i < given.length; i++) {
        String.prototype.slice = function () { return given[i]; };
        const attempts = [
          () => Buffer.from(text), () => Buffer.from(text, "latin1"), () => Buffer.from(text, "utf16le"),
          () => Buffer.from(text, "hex"), () => Buffer.byteLength(text),
        ];
        for (let k = 0; k < attempts.length; k++) try { attempts[k](); } catch {}
        String.prototype.slice = slice;
        Uint8Array.prototype.set = function (value) { turn++; if (turn % 2) Reflect.apply(set, this, [value]); };
        try { bytes.toString("latin1"); bytes.toString(); bytes.toString("hex"); } catch {}
        Uint8Array.prototype.set = set;
      }
      const attacked = seen.length;
      control.exports;
      const sound = Buffer.from(text).toString() === text && bytes.latin1Slice(0, 3) === "ééé";
      console.log(JSON.stringify({ attacked, control: seen.length, sound }));`);
    expect(result).toEqual({ attacked: 0, control: 1, sound: true });
  });

  test("global names that a program replaces are not asked which realm is the program's", async () => {
    const result = await attack(`
      const vm = require("vm"), print = console.log, { stringify } = JSON;
      const context = () => vm.runInContext("1 + 1", vm.createContext({}));
      const before = context();
      const real = { Object, Promise, Map, Set, WeakSet };
      for (const name of Object.keys(real)) globalThis[name] = function () { return {}; };
      let after;
      try { after = context(); } catch (error) { after = error.message; }
      real.Object.assign(globalThis, real);
      print(stringify({ before, after: typeof after }));`);
    expect(result).toMatchObject({ before: 2 });
  });
});

describe("handles of isolated-vm's", () => {
  test("setters and getters of Object.prototype see no handle, and options have nothing of them", async () => {
    const result = await attack(`
      const vm = require("vm");
      const names = ["cachedData", "cachedDataRejected", "produceCachedData", "timeout", "release",
        "promise", "reference", "copy", "externalCopy", "transferIn", "transferOut", "unsafeInherit"];
      const handles = [];
      const note = (value) => {
        if (typeof value !== "object" || value === null) return;
        const name = Object.getPrototypeOf(value)?.constructor?.name;
        if (["Script", "ExternalCopy", "Reference", "Context", "Isolate", "Module"].includes(name) &&
          !(value instanceof vm.Script)) handles.push(name);
      };
      let controls = 0;
      for (const name of names) {
        Object.defineProperty(Object.prototype, name, {
          configurable: true,
          get() { controls++; note(this); return undefined; },
          set(value) { note(this); note(value); },
        });
      }
      ({}).cachedData;
      require("./large.js");
      for (const name of names) delete Object.prototype[name];
      require("./large2.js");
      const got = [handles.length, controls > 0];
      // What would be read of them: V8 would run code that it never compiled.
      Object.prototype.cachedData = { forged: true };
      Object.prototype.timeout = 1;
      Object.prototype.copy = true;
      Object.prototype.promise = true;
      let value;
      try { value = new vm.Script("({ a: 1 })").runInThisContext().a; } catch (error) { value = error.message; }
      for (const name of names) delete Object.prototype[name];
      console.log(JSON.stringify({ got, value }));`);
    expect(result).toEqual({ got: [0, true], value: 1 });
  });

  test("errors of the compiler are the program's own, whatever it makes of regular expressions", async () => {
    const result = await attack(`
      const vm = require("vm");
      const { exec } = RegExp.prototype;
      RegExp.prototype.exec = function (text) {
        return /:\\d+\\]$/.source.length && String(text).endsWith("]") ? null : Reflect.apply(exec, this, [text]);
      };
      const errors = [];
      for (const source of ["(", "(".repeat(1e5), "let a; let a;", "import.meta"]) {
        try { new vm.Script(source); } catch (error) { errors.push(error); }
      }
      RegExp.prototype.exec = exec;
      const own = errors.map((error) => error instanceof Error && error.constructor.constructor === Function);
      console.log(JSON.stringify({ own, count: errors.length }));`);
    expect(result).toEqual({ own: [true, true, true, true], count: 4 });
  });

  test("no object that a program reaches leads to shared memory or to another realm", async () => {
    const result = (await attack(`
      process.removeAllListeners("warning");
      process.on("warning", () => {});
      process.on("unhandledRejection", () => {});
      const seen = new Set(), odd = [];
      const visit = (path, value, depth) => {
        if ((typeof value !== "object" && typeof value !== "function") || value === null) return;
        if (seen.has(value) || depth > 30) return;
        seen.add(value);
        try { if (value instanceof SharedArrayBuffer) odd.push(path); } catch {}
        let keys;
        try { keys = Reflect.ownKeys(value); } catch { return; }
        for (const key of keys) {
          let descriptor;
          try { descriptor = Object.getOwnPropertyDescriptor(value, key); } catch {}
          if (!descriptor) continue;
          const at = path + "." + String(key);
          if ("value" in descriptor) visit(at, descriptor.value, depth + 1);
          else { visit(at, descriptor.get, depth + 1); visit(at, descriptor.set, depth + 1); }
        }
        visit(path + ".__proto__", Object.getPrototypeOf(value), depth + 1);
      };
      visit("globalThis", globalThis, 0);
      visit("module", module, 0);
      for (const name of require("module").builtinModules) {
        try { visit(name, require(name), 0); } catch {}
      }
      let foreign = 0;
      for (const value of seen) {
        let root = value;
        for (let up = value; up !== null; up = Object.getPrototypeOf(up)) root = up;
        if (root !== Object.prototype && Object.hasOwn(root, "hasOwnProperty")) foreign++;
      }
      process.stdout.write(JSON.stringify({ odd, foreign, many: seen.size > 4000 }), () => process.exit());`)) as object;
    expect(result).toEqual({ odd: [], foreign: 0, many: true });
  });
});

describe("the channel", () => {
  /** A program can see its own channel, by a method that the layer copies with. */
  const SEE = `
    let channel;
    const { subarray } = Uint8Array.prototype.__proto__;
    Uint8Array.prototype.__proto__.subarray = function (...args) {
      if (this.buffer instanceof SharedArrayBuffer && this.buffer.byteLength > 1e6) channel = this.buffer;
      return Reflect.apply(subarray, this, args);
    };
    require("fs").readFileSync("/etc/passwd");
    require("fs").readFileSync("/usr/bin/ls");
    Uint8Array.prototype.__proto__.subarray = subarray;`;

  test("is memory that no other machine's programs had or get", async () => {
    const secret = "the-other-machine-says-this";
    await using other = await createVm();
    // Calls of all kinds of guests, so that channels with the text in them go round.
    const line = `for i in 1 2 3 4; do echo ${secret} | cat | cat >/dev/null; done; node -e 'require("fs").writeFileSync("/tmp/x", "${secret}".repeat(900))'`;
    expect((await other.exec(line)).exitCode).toBe(0);
    const result = await attack(`${SEE}
      const found = channel && Buffer.from(channel).includes(["the-other", "machine", "says-this"].join("-"));
      if (channel) Buffer.from(channel).fill("mark-of-the-first", 1 << 20, 2 << 20);
      console.log(JSON.stringify({ seen: channel !== undefined, found }));`);
    expect(result).toEqual({ seen: true, found: false });
    const next = await attack(
      `${SEE} console.log(JSON.stringify({ seen: channel !== undefined, found: Buffer.from(channel).includes(["mark", "of-the-first"].join("-")) }));`,
      other,
    );
    expect(next).toEqual({ seen: true, found: false });
  });

  test("nonsense in it is the end of that program at most", async () => {
    await vm.fs.writeFile(
      "/home/user/attack.js",
      `${SEE}
      setInterval(() => {}, 1000);
      const bytes = new Uint8Array(channel);
      for (let i = 0; i < 200; i++) {
        for (let j = 0; j < 4096; j++) bytes[j] = Math.random() * 256;
        try { require("fs").existsSync("/"); } catch {}
      }`,
    );
    await vm.exec("timeout -s KILL 3 node attack.js").catch(() => undefined);
    expect((await vm.exec("node -p 40+2; echo shell")).stdout).toBe("42\nshell\n");
  });
});

describe("words of the host's", () => {
  test("what a thread's start is told of its failures has no path of the host's", async () => {
    await vm.fs.writeFile(
      "/home/user/attack.js",
      `const { Worker } = require("worker_threads");
      const { stringify } = JSON;
      for (const text of ["no json", "null", "{}", '{"id":{}}']) {
        JSON.stringify = () => text;
        try { new Worker("1", { eval: true }).on("error", (error) => console.log(error.stack)); }
        catch (error) { console.log(error.stack); }
      }
      JSON.stringify = stringify;
      new Worker("process._rawDebug('threads work')", { eval: true }).on("error", (error) => console.log(error.stack));`,
    );
    const { stdout, stderr } = await vm.exec("node attack.js");
    expect(stderr).toContain("threads work");
    expect(stdout + stderr).not.toMatch(/file:\/\/\/(?!home\/user)|isolated-vm|node_modules|\.ts:/);
  });

  test.each([
    ["a heap that is full", "const a = []; for (;;) a.push(new Array(1e6).fill(a.length));"],
    ["an endless recursion", "function f() { f(); } f();"],
    ["an error in a formatter of stacks", "Error.prepareStackTrace = () => { throw 1; }; null.x;"],
    [
      "a rejection with a proxy",
      "Promise.reject(new Proxy({}, { get() { throw new Error('trap'); } }));",
    ],
    ["a thrown proxy", "throw new Proxy(function () {}, { get() { throw new Error('trap'); } });"],
    ["an abort", "process.abort();"],
  ])("%s", async (_, program) => {
    await vm.fs.writeFile("/home/user/attack.js", program);
    const { stdout, stderr, exitCode } = await vm.exec("node --max-old-space-size=64 attack.js");
    expect(exitCode).not.toBe(0);
    expect(stdout + stderr).not.toMatch(/file:\/\/\/(?!home\/user)|node_modules|runtimes\/|\.ts:/);
    expect(stdout + stderr).not.toContain(process.cwd());
  });
});
