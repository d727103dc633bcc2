/** /usr/bin/node is one program on three hosts: three engines below, one library above. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Vm } from "../../src/index.ts";
import { HOST_NAMES, openHost, type TestHost } from "../support/hosts/host.ts";

/** A shell line, what it prints, and its status where that is not 0. */
const LINES: readonly (readonly [line: string, stdout: string | RegExp, status?: number])[] = [
  ["node -p 'process.version + os.platform()'", /^v22\.\d+\.\d+linux\n$/],
  [
    "echo 'console.log(process.argv.length, __filename)' > a.js; node a.js b",
    "3 /home/user/a.js\n",
  ],
  ["echo 'console.log(typeof require)' | node", "function\n"],
  [
    `cat > a.mjs <<'END'
import { readFileSync } from "node:fs";
import path from "node:path";
setTimeout(() => console.log("timer"), 1);
console.log(await Promise.resolve(readFileSync("a.js", "utf8").length), path.basename(import.meta.filename));
const { default: os } = await import("node:os");
console.log(os.EOL === "\\n");
END
node a.mjs`,
    "45 a.mjs\ntrue\ntimer\n",
  ],
  ["echo 'import(\"./a.mjs\")' > c.js; node c.js | head -n 1", "45 a.mjs\n"],
  [
    'node -p \'execFileSync = child_process.execFileSync; execFileSync("node", ["-p", "6 * 7"]) + ""\'',
    "42\n\n",
  ],
  [
    `node -e '
const http = require("http");
const server = http.createServer((_, response) => response.end("served")).listen(0, () => {
  http.get({ port: server.address().port }, (response) => {
    response.on("data", (data) => console.log(String(data))).on("end", () => server.close());
  });
});'`,
    "served\n",
  ],
  ['node -p \'crypto.createHash("sha256").update("a").digest("hex").slice(0, 8)\'', "ca978112\n"],
  ['node -p \'zlib.gunzipSync(zlib.gzipSync("text")) + ""\'', "text\n"],
  [
    "node -e 'Promise.reject(new Error(\"unseen\"))' 2> err; echo $?; grep -c '^Error: unseen' err",
    "1\n1\n",
  ],
  [
    "node -p '[Promise.resolve(1), new Promise(() => {}), structuredClone(new Map([[1, { a: 2 }]]))]'",
    "[ Promise { 1 }, Promise { <pending> }, Map(1) { 1 => { a: 2 } } ]\n",
  ],
  [
    `node -e '
const context = vm.createContext({ a: 1 });
vm.runInContext("var b = a + 1; let c = 3; function d() { return b + c }", context);
console.log(vm.runInContext("d()", context), context.b, typeof b, vm.runInNewContext("typeof process"));'`,
    "5 2 undefined undefined\n",
  ],
  ["node -p 'BigInt.asUintN(64, -1n)'", "18446744073709551615n\n"],
  [
    "printf 'const a = 20\nclass B { c = a + 1 }\nnew B().c * 2\n' | node -i | grep -c '^> 42'",
    "1\n",
  ],
  ["node -e 'null.x' 2>&1 | grep -c '^TypeError: '", "1\n"],
  ["node -e 'process.exit(7)'", "", 7],
  ["timeout 0.5 node -e 'for (;;);'; echo $?", "124\n"],
  ["timeout 0.5 node -e 'const f = () => Promise.resolve().then(f); f()'; echo $?", "124\n"],
  ["node -e 'setInterval(() => {}, 5)' & sleep 0.3; kill $!; wait $!; echo $?", "143\n"],
  ["npm -v", /^1[01]\.\d+\.\d+\n$/],
];

describe.each(HOST_NAMES)("%s", (name) => {
  let host: TestHost | undefined;
  let vm: Vm | undefined;

  beforeAll(async () => {
    host = await openHost(name);
    vm = await host.createVm();
    // What is made once, a snapshot or a booted heap, takes its time on a busy machine.
    await vm.exec("node -e 0", { timeout: 100_000 });
  }, 180_000);

  afterAll(async () => {
    await vm?.dispose();
    await host?.[Symbol.asyncDispose]();
    expect(host?.faults).toEqual([]);
  });

  const cases = LINES.map(([line, stdout, exitCode = 0]) => ({ line, stdout, exitCode }));
  test.each(cases)("$line", async ({ line, stdout, exitCode }) => {
    const result = await (vm as Vm).exec(line, { reject: false, timeout: 100_000 });
    const expected = typeof stdout === "string" ? stdout : expect.stringMatching(stdout);
    expect({ stdout: result.stdout, exitCode: result.exitCode }).toEqual({
      stdout: expected,
      exitCode,
    });
  });
});
