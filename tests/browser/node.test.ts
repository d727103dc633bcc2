/** Node programs in a tab of a real Chromium: workers with lib/ booted, confined like all guests. */
import { expect, test } from "vitest";
import { type Tab, testBrowser } from "./tab.ts";

const tabs = testBrowser();

function run(tab: Tab, lines: readonly string[]): Promise<string[]> {
  return tab.page.evaluate(async (lines) => {
    const vm = await isopod.createVm();
    const outputs: string[] = [];
    for (const line of lines) {
      const { stdout, stderr, exitCode } = await vm.exec(line, { timeout: 100_000, reject: false });
      outputs.push(stdout + stderr + (exitCode === 0 ? "" : `[${exitCode}]`));
    }
    await vm.dispose();
    return outputs;
  }, lines);
}

test("node runs scripts, modules, children and servers, and is fetched when it first runs", async () => {
  await using tab = await tabs.open();
  const [before] = await run(tab, ["echo ready"]);
  expect(before).toBe("ready\n");
  expect(tab.server.log.some((line) => line.includes("node-library"))).toBe(false);
  const outputs = await run(tab, [
    "node -p 'process.version + os.platform()'",
    `cat > a.mjs <<'END'
import { readFileSync } from "node:fs";
export const text = await Promise.resolve(readFileSync("/etc/hostname", "utf8"));
console.log(text.length > 0, import.meta.filename);
END
node a.mjs`,
    `node -e 'console.log(require("child_process").execFileSync("node", ["-p", "6 * 7"]).toString())'`,
    `node -e '
const http = require("http");
const server = http.createServer((_, response) => response.end("served")).listen(0, () => {
  http.get({ port: server.address().port }, (response) => {
    response.on("data", (data) => console.log(String(data))).on("end", () => server.close());
  });
});'`,
    `node --no-warnings -e '
const wasi = new (require("wasi").WASI)({ version: "preview1", preopens: { "/d": "/etc" } });
const memory = new WebAssembly.Memory({ initial: 1 });
wasi.initialize({ exports: { memory } });
const open = (path) => wasi.wasiImport.path_open(
  3, 1, 64, Buffer.from(memory.buffer).write(path, 64), 0, 2n, 2n, 0, 0);
console.log(open("hostname"), open("../etc/hostname"));'`,
    "node -e 'process.exit(7)'",
    "timeout 0.5 node -e 'for (;;);'",
  ]);
  expect(outputs).toEqual([
    expect.stringMatching(/^v22\.\d+\.\d+linux\n$/),
    "true /home/user/a.mjs\n",
    "42\n\n",
    "served\n",
    "0 76\n",
    "[7]",
    "[124]",
  ]);
  expect(tab.complaints).toEqual([]);
});

test("node:sqlite keeps a database, and is fetched when a program asks for it", async () => {
  await using tab = await tabs.open();
  const fetched = () => tab.server.log.some((line) => line.includes("sqlite3.wasm"));
  await run(tab, ["node -p 1", `node --no-warnings -p 'typeof require("node:sqlite").backup'`]);
  expect(fetched()).toBe(false);
  const [written, read] = await run(tab, [
    `node --no-warnings -e '
const { DatabaseSync } = require("node:sqlite");
const database = new DatabaseSync("/tmp/kept.db");
database.exec("create table t(a integer primary key, b text)");
const insert = database.prepare("insert into t(b) values (?)");
database.exec("begin");
for (let i = 0; i < 1000; i++) insert.run("row " + i);
database.exec("commit");
console.log(database.prepare("select count(*) n, max(b) b from t").get());'`,
    "sqlite3 /tmp/kept.db 'select count(*) from t'",
  ]);
  expect(written).toBe("[Object: null prototype] { n: 1000, b: 'row 999' }\n");
  expect(read).toBe("1000\n");
  expect(fetched()).toBe(true);
  expect(tab.complaints).toEqual([]);
});

test("microtasks, ticks and rejections come in Node's order", async () => {
  await using tab = await tabs.open();
  const [order, rejected, handled, local] = await run(tab, [
    `node -e '
const say = (text) => () => console.log(text);
setTimeout(() => { console.log("timer 1"); Promise.resolve().then(say("microtask of timer 1")); }, 1);
setTimeout(say("timer 2"), 1);
process.nextTick(say("tick"));
Promise.resolve().then(() => process.nextTick(say("tick of a microtask"))).then(say("microtask"));
console.log("script");'`,
    `node -e '
process.on("unhandledRejection", (reason) => console.log("unhandled", reason));
Promise.resolve().then(() => { throw 1; });
setImmediate(() => console.log("immediate"));'`,
    `node -e '
const promise = Promise.reject(2);
process.nextTick(() => promise.catch((reason) => console.log("handled", reason)));'`,
    `node -e '
const { AsyncLocalStorage } = require("async_hooks");
const storage = new AsyncLocalStorage();
async function show() {
  await new Promise((resolve) => setTimeout(resolve, 1));
  console.log(storage.getStore());
}
storage.run("a", show);
storage.run("b", show);
show();'`,
  ]);
  expect(order?.split("\n")).toEqual([
    ...["script", "tick", "microtask", "tick of a microtask"],
    ...["timer 1", "microtask of timer 1", "timer 2", ""],
  ]);
  expect(rejected).toBe("unhandled 1\nimmediate\n");
  expect(handled).toBe("handled 2\n");
  expect(local).toBe("a\nb\nundefined\n");
});

test("a program sees Node's globals and nothing of the browser's, and reaches nothing", async () => {
  await using tab = await tabs.open();
  const script = `
const browsers = ["self", "location", "importScripts", "postMessage", "XMLHttpRequest", "Worker",
  "indexedDB", "caches", "addEventListener", "scheduler", "onmessage", "name", "close"];
console.log(browsers.filter((name) => name in globalThis).join());
console.log(Object.prototype.toString.call(globalThis), typeof process, typeof Buffer);
console.log(Object.getOwnPropertyNames(globalThis).filter((name) => /Worker|RTC|GPU/.test(name)).join());`;
  const [shown] = await run(tab, [`cat > globals.js <<'END'\n${script}\nEND\nnode globals.js`]);
  expect(shown).toBe("\n[object global] function function\n\n".replace("function", "object"));
  const [reached] = await run(tab, [
    `node -e 'fetch("${tab.server.url}leak/node/fetch").then(() => console.log("reached"), () => console.log("refused"))'`,
  ]);
  expect(reached).toBe("refused\n");
  expect(tab.server.log.filter((line) => line.includes("/leak/"))).toEqual([]);
});

test("call sites of stacks give a program no function of the layer below it, only its own", async () => {
  await using tab = await tabs.open();
  const source = `const found = new Set();
Object.defineProperty(Error, "prepareStackTrace", { value(error, sites) {
  for (const site of sites) if (site.getFunction()) found.add(site.getFunction().name);
} });
const { set } = Uint8Array.prototype;
Uint8Array.prototype.set = function hooked(...args) { new Error().stack; return set.apply(this, args); };
function outer() { require("fs").readFileSync("/etc/hostname"); }
outer();
(function own() { new Error().stack; })();
Uint8Array.prototype.set = set;
console.log([...found].sort().join());`;
  const [said] = await run(tab, [`cat > a.js <<'END'\n${source}\nEND\nnode a.js`]);
  expect(said).toBe(",hooked,own\n");
});

test("on a page that is not isolated, node runs on QuickJS in the kernel's thread", async () => {
  await using tab = await tabs.open({ isolated: false });
  const outputs = await run(tab, [
    "node -p 'process.version + os.platform()'",
    `cat > a.mjs <<'END'
import { readFileSync } from "node:fs";
setTimeout(() => console.log("timer"), 1);
console.log(await Promise.resolve(readFileSync("/etc/hostname", "utf8").length > 0));
END
node a.mjs`,
    `node -e 'console.log(require("child_process").execFileSync("node", ["-p", "6 * 7"]).toString())'`,
    "node -e 'null.x' 2>&1 | sed -n 5p",
    "node -e 'process.exit(7)'",
    "timeout 0.5 node -e 'for (;;);'",
  ]);
  expect(outputs).toEqual([
    expect.stringMatching(/^v22\.\d+\.\d+linux\n$/),
    "true\ntimer\n",
    "42\n\n",
    expect.stringContaining("TypeError"),
    "[7]",
    "[124]",
  ]);
});
