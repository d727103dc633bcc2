/** /usr/bin/qjs is one program on three hosts. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Vm } from "../../src/index.ts";
import { HOST_NAMES, openHost, type TestHost } from "../support/hosts/host.ts";

/** A shell line, what it prints, and its status where that is not 0. */
const LINES: readonly (readonly [line: string, stdout: string, status?: number])[] = [
  ["qjs -e 'print(6 * 7, scriptArgs)' a b", '42 [ "a", "b" ]\n'],
  ["echo 'print(\"from stdin\")' | qjs", "from stdin\n"],
  ["printf '#!/usr/bin/qjs\\nprint(scriptArgs.join())' > s; chmod +x s; ./s x; rm s", "./s,x\n"],
  [
    "echo 'export const a = 1' > a.js; echo 'import { a } from \"./a.js\"; print(a)' | qjs -m -; rm a.js",
    "1\n",
  ],
  ["(sleep 0.05; echo later) | qjs -e 'print(std.in.getline())'", "later\n"],
  ['qjs -e \'std.writeFile("f", "é\\n"); print(os.stat("f")[0].size)\'; cat f; rm f', "3\né\n"],
  ['qjs -e \'print(os.exec(["sh", "-c", "exit 3"]))\'', "3\n"],
  ["qjs -e 'for (let i = 0; i < 20000; i++) print(i)' | tail -n 1", "19999\n"],
  ["qjs -e 'os.setTimeout(() => print(2), 20); Promise.resolve().then(() => print(1))'", "1\n2\n"],
  ["qjs -e 'throw new Error(\"boom\")' 2>&1", "Error: boom\n    at <eval> (<cmdline>:1:16)\n", 1],
  ["qjs -e 'std.exit(7)'", "", 7],
  [
    "qjs -e 'let n = 0; (function f() { n++; f() })()' 2>&1 | head -n 1",
    "InternalError: stack overflow\n",
  ],
  ["qjs -e 'function f() { f() } try { f() } catch (e) { print(e.message) }'", "stack overflow\n"],
  ["qjs -e 'JSON.parse(\"[\".repeat(1e5))' 2>&1 | head -n 1", "InternalError: stack overflow\n"],
  [
    "qjs --memory-limit 4m -e 'const a = []; for (;;) a.push([])' 2>&1 | head -n 1",
    "InternalError: out of memory\n",
  ],
  ["timeout 0.3 qjs -e 'for (;;);'; echo $?", "124\n"],
  ["qjs -e 'for (;;);' & kill -9 $!; wait $! 2> /dev/null; echo $?", "137\n"],
];

describe.each(HOST_NAMES)("%s", (name) => {
  let host: TestHost | undefined;
  let vm: Vm | undefined;

  beforeAll(async () => {
    host = await openHost(name);
    vm = await host.createVm();
  });

  afterAll(async () => {
    await vm?.dispose();
    await host?.[Symbol.asyncDispose]();
    expect(host?.faults).toEqual([]);
  });

  const cases = LINES.map(([line, stdout, exitCode = 0]) => ({ line, stdout, exitCode }));
  test.each(cases)("$line", async ({ line, stdout, exitCode }) => {
    const result = await (vm as Vm).exec(line, { reject: false, timeout: 100_000 });
    expect({ stdout: result.stdout, exitCode: result.exitCode }).toEqual({ stdout, exitCode });
  });
});
