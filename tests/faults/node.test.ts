/**
 * Node programs that mean harm, or do it: each ends by a limit, a signal or a timeout, and neither its
 * machine, nor another one, nor the host notices. The sound program beside them is what they could do.
 */
import { afterAll, beforeAll, expect, test } from "vitest";
import { createVm, type Vm } from "../../src/index.ts";

let vm: Vm;
let neighbour: Vm;

beforeAll(async () => {
  vm = await createVm();
  neighbour = await createVm();
  // The first start unbuilt makes bundles and snapshot.
  await node(vm, "0");
});
afterAll(async () => {
  expect(await node(neighbour, "console.log(6 * 7)")).toMatchObject({ stdout: "42\n" });
  await vm.dispose();
  await neighbour.dispose();
});

async function node(machine: Vm, source: string, options = "") {
  await machine.fs.writeFile("/tmp/program.js", source);
  const { stdout, stderr, exitCode } = await machine.exec(`node ${options} /tmp/program.js`, {
    timeout: 60_000,
    reject: false,
  });
  return { stdout, stderr, exitCode };
}

test.each([
  "for (;;);",
  // V8 takes the check of the outer loop out of this one, unless it is told not to.
  "for (;;) new Array(1000).fill({});",
  "(function next() { Promise.resolve().then(next); })();",
  "(async () => { for (;;) await 0; })();",
  "(function next() { process.nextTick(next); })();",
  "(function next() { setImmediate(next); })();",
  "/(a+)+b/.test('a'.repeat(60));",
  "for (;;) try { (function f() { f(); })(); } catch {}",
  "process.on('exit', () => { for (;;); });",
  "process.on('SIGTERM', () => {}); try { for (;;); } finally { for (;;); }",
  "new Proxy({}, { get() { for (;;); } }).x;",
  "Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);",
])("SIGKILL ends: %s", async (source) => {
  await vm.fs.writeFile("/tmp/endless.js", source);
  const { stdout } = await vm.exec("node /tmp/endless.js & sleep 1; kill -9 $!; wait $!; echo $?");
  expect(stdout).toBe("137\n");
  expect((await neighbour.exec("echo alive | cat")).stdout).toBe("alive\n");
});

test.each([
  "const all = []; for (;;) all.push(new Array(1000).fill({}));",
  "const all = []; for (;;) all.push({ all });",
  "let text = 'x'; const all = []; for (;;) all.push((text += 'y').split('').join('-'));",
  "const all = new Map(); for (let i = 0; ; i++) all.set(i, [i]);",
])("a heap that is full is SIGABRT, with V8's words: %s", async (source) => {
  const result = await node(vm, source, "--max-old-space-size=48");
  expect(result.stderr).toContain("JavaScript heap out of memory\n");
  expect(result.exitCode).toBe(134);
});

test("a program can ask for less heap, and not for more than there is", async () => {
  const grow = "const all = []; while (all.length < 3e6) all.push([1]); console.log('done');";
  expect(await node(vm, grow)).toMatchObject({ stdout: "done\n" });
  await vm.fs.writeFile("/tmp/grow.js", grow);
  const less = await vm.exec("NODE_OPTIONS=--max-old-space-size=32 node /tmp/grow.js; echo $?");
  expect(less.stdout).toBe("134\n");
  const underlined = await vm.exec("node --max_old_space_size=32 /tmp/grow.js; echo $?");
  expect(underlined.stdout).toBe("134\n");
});

test("a buffer that the heap's limit has no room for fails; small ones fill it as objects do", async () => {
  const fill = (count: number, megabytes: number) =>
    `const all = []; try { for (let i = 0; i < ${count}; i++) all.push(new ArrayBuffer(${megabytes} << 20)); ` +
    "console.log('all'); } catch (error) { console.log(error.name, all.length); }";
  const limit = "--max-old-space-size=128";
  expect((await node(vm, fill(2, 32), limit)).stdout).toBe("all\n");
  expect((await node(vm, fill(20, 32), limit)).stdout).toBe("RangeError 3\n");
  const { stdout, exitCode } = await node(vm, fill(1000, 1), limit);
  expect([stdout, exitCode]).toSatisfy(
    ([said, status]) => status === 134 || /^RangeError 1?\d\d\n$/.test(said),
  );
});

test.each([
  ["(function f() { f(); })();", /RangeError: Maximum call stack size exceeded/],
  ["process.on('uncaughtException', () => { throw new Error('again'); }); throw 1;", /again/],
  ["throw { get stack() { throw 1; }, get message() { throw 2; } };", /./],
  ["throw new Proxy({}, { get() { throw 1; }, has() { throw 2; } });", /./],
  ["Error.prepareStackTrace = () => { throw 1; }; throw new Error('x');", /./],
])("an end that nobody caught is a failure of its process alone: %s", async (source, words) => {
  const { stderr, exitCode } = await node(vm, source);
  expect(exitCode).toBeGreaterThan(0);
  expect(stderr).toMatch(words);
});

test("process.exit() in a try ends there", async () => {
  const source = "try { process.exit(3); } finally { for (;;); }";
  expect(await node(vm, source)).toMatchObject({ exitCode: 3 });
});

/** What a program changes of the language before it uses the library. */
const POISON: Readonly<Record<string, string>> = {
  "setters on Object.prototype":
    "for (const name of ['fd', 'events', 'timeout', 'reference', 'copy', 'release', 'then']) " +
    "Object.defineProperty(Object.prototype, name, { set(v) { seen(this); }, get() { seen(this); }, configurable: true });",
  "functions of Atomics":
    "for (const name of Object.getOwnPropertyNames(Atomics)) if (typeof Atomics[name] === 'function') { " +
    "const own = Atomics[name]; Atomics[name] = (...args) => { seen(...args); return own(...args); }; }",
  "methods of typed arrays":
    "const typed = Object.getPrototypeOf(Uint8Array.prototype); " +
    "for (const name of ['subarray', 'set', 'slice', 'fill', 'at']) { const own = typed[name]; " +
    "typed[name] = function (...args) { seen(this, ...args); return own.apply(this, args); }; } " +
    "for (const name of ['buffer', 'length', Symbol.iterator]) { const own = Object.getOwnPropertyDescriptor(typed, name); " +
    "const key = own.get ? 'get' : 'value'; " +
    "Object.defineProperty(typed, name, { ...own, [key]() { seen(this); return own[key].call(this); } }); }",
  "String.fromCharCode and Reflect":
    "for (const [owner, name] of [[String, 'fromCharCode'], [Reflect, 'apply'], [Reflect, 'construct']]) { " +
    "const own = owner[name]; owner[name] = (...args) => { seen(...args); return own(...args); }; }",
  "call and apply":
    "for (const name of ['call', 'apply']) { const own = Function.prototype[name]; let inside = false; " +
    "Function.prototype[name] = function (...args) { if (!inside) { inside = true; seen(this, ...args); inside = false; } " +
    "return ownApply(own, this, args); }; }",
};

/** Reports what belongs to the engine or to all processes: all shared memory but the process's channel. */
const SEEN =
  "const ownApply = Reflect.apply; const found = new Set(); const { SharedArrayBuffer: Shared } = globalThis; " +
  "const sizeOf = Object.getOwnPropertyDescriptor(Shared.prototype, 'byteLength').get; " +
  "const bufferOf = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(Uint8Array.prototype), 'buffer').get; " +
  "const add = Set.prototype.add; " +
  "function seen(...values) { for (let i = 0; i < values.length; i++) { const value = values[i]; " +
  "if (value === null || (typeof value !== 'object' && typeof value !== 'function')) continue; " +
  "if (/Isolate|Context|Reference|ExternalCopy/.test(value.constructor?.name ?? '')) ownApply(add, found, [value.constructor.name]); " +
  "let buffer; try { buffer = ownApply(bufferOf, value, []); } catch { buffer = value; } " +
  "try { const size = ownApply(sizeOf, buffer, []); if (size > 4 << 20 || size < 70000) ownApply(add, found, ['shared memory of ' + size]); } catch {} } } ";

const USE =
  "require('fs').statSync('/'); require('fs').writeFileSync('/tmp/poison', 'x'.repeat(9000)); require('fs').readFileSync('/tmp/poison', 'utf8'); " +
  "require('assert'); require('querystring'); require('string_decoder'); require('child_process').spawnSync('true'); new (require('vm').Script)('1').runInThisContext();";

test.each(Object.entries(POISON))(
  "a program that replaced %s is handed nothing that is not its own",
  async (_, poison) => {
    const source = `${SEEN}${poison} try { ${USE} } catch {} require('fs').writeSync(1, JSON.stringify([...found]) + '\\n');`;
    expect((await node(vm, source)).stdout).toBe("[]\n");
  },
);

test("that would have been seen", async () => {
  const source = `${SEEN} seen(new Uint8Array(new SharedArrayBuffer(8))); console.log([...found].join());`;
  expect((await node(vm, source)).stdout).toBe("shared memory of 8\n");
});

test("nothing of the engine is within a program's reach by name", async () => {
  const source =
    "const names = Object.getOwnPropertyNames(globalThis).filter((name) => /isopod|startNode|ivm|natives/i.test(name)); " +
    "console.log(names.join(), typeof fetch, typeof Buffer);";
  expect((await node(vm, source)).stdout).toBe(" function function\n");
  const natives = await node(
    vm,
    "try { eval('%DebugPrint(1)'); } catch (e) { console.log(e.name); }",
  );
  expect(natives.stdout).toBe("SyntaxError\n");
});

test("a hundred at once", async () => {
  await using crowd = await createVm();
  const line =
    "for i in $(seq 100); do node -e 'setTimeout(() => console.log(1), 500)' & done; wait";
  const { stdout } = await crowd.exec(line, { timeout: 230_000 });
  expect(stdout).toBe("1\n".repeat(100));
}, 240_000);
