/**
 * Names that lead to prototypes, through every crossing of the API at which objects are made: none of them
 * reaches the host's prototypes, and such names are data where names are free.
 */
import { afterEach, expect, test } from "vitest";
import { createVm, customFileSystem } from "../../src/index.ts";
import { decodeValue, encodeValue } from "../../src/remote/values.ts";

const KEYS = ["__proto__", "constructor", "prototype", "toString", "hasOwnProperty", "then"];
const HOSTILE =
  '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},"polluted":2}';

afterEach(() => {
  expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  expect(([] as { polluted?: unknown }).polluted).toBeUndefined();
  expect(Object.keys(Object.prototype)).toEqual([]);
});

test("values of vm.evaluate, both ways", async () => {
  await using vm = await createVm();
  const inputs = { data: JSON.parse(HOSTILE) };
  const there = await vm.evaluate("Object.keys(data).sort().join()", { inputs });
  expect(there.value).toBe("__proto__,constructor,polluted");
  const back = await vm.evaluate(`JSON.parse(${JSON.stringify(HOSTILE)})`);
  const value = back.value as object;
  expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
  expect(Object.keys(value).sort()).toEqual(["__proto__", "constructor", "polluted"]);
  const odd = await vm.evaluate(
    `const e = new Error("x"); e.__proto__ = { polluted: 1 }; [new Map([["__proto__", 1]]), { ["__proto__"]: [1] }, e]`,
  );
  expect((odd.value as unknown[])[0]).toEqual(new Map([["__proto__", 1]]));
});

test("what a program in the machine makes of the serializer's helpers", async () => {
  await using vm = await createVm();
  const attempt = await vm
    .evaluate(
      `Object.prototype.polluted = 1; Object.prototype.toJSON = () => ({ polluted: 1 });
       Array.prototype.push = function () { return 0 }; ({ fine: [1, 2] })`,
    )
    .catch((error) => error);
  expect(attempt).toBeDefined();
  expect((await vm.evaluate("1 + 1")).value).toBe(2);
});

test("CBOR of the remote protocol", () => {
  for (const key of KEYS) {
    const sent = Object.defineProperty({}, key, { value: { polluted: 1 }, enumerable: true });
    let got: unknown;
    try {
      got = decodeValue(encodeValue(sent), 1000);
    } catch (error) {
      expect(error).toBeInstanceOf(Error);
      continue;
    }
    expect((got as { polluted?: unknown }).polluted).toBeUndefined();
  }
  expect(decodeValue(encodeValue({ a: [1, undefined] }), 1000)).toEqual({ a: [1, undefined] });
});

test("options of a machine, variables and files by such names", async () => {
  const env = JSON.parse('{"__proto__":"a","constructor":"b","FINE":"c"}');
  const machine = await createVm({ env }).catch((error: Error) => error);
  if (!(machine instanceof Error)) {
    expect((await machine.exec("echo $FINE")).stdout).toBe("c\n");
    await machine.dispose();
  }
  await using vm = await createVm({ env: { FINE: "c" } });
  for (const key of KEYS) await vm.fs.writeFile(`/tmp/${key}`, key);
  expect((await vm.fs.readdir("/tmp")).toSorted()).toEqual(KEYS.toSorted());
  const { stdout } = await vm.exec(
    `cd /tmp; for f in *; do cat $f; echo; done | sort | tr '\\n' ' '; export constructor=1 __proto__=2; declare -A m; m[__proto__]=x; m[constructor]=y; echo "\${m[__proto__]}\${m[constructor]}\${m[toString]}|\${!m[@]}" ; toString; hash -r; type valueOf; env | grep -c __proto__`,
  );
  expect(stdout).toContain("__proto__");
  expect(stdout).toContain("xy|");
  // Commands, variables, aliases and options by those names are none.
  const names = await vm.exec(
    `for n in ${KEYS.join(" ")} valueOf __defineGetter__; do $n; echo $?; alias $n; set -o $n; trap -- '' $n; kill -$n $$; ulimit -$n; done`,
  );
  expect(names.stderr).toContain("constructor: command not found");
  expect((await vm.exec("echo alive")).stdout).toBe("alive\n");
});

test("answers of a file system that somebody else wrote", async () => {
  await using vm = await createVm({
    mounts: {
      "/m": customFileSystem({
        stat: async (path) =>
          path === "/" ? { type: "directory" } : { ...JSON.parse(HOSTILE), type: "file", size: 1 },
        readdir: async () => KEYS.map((name) => ({ name, type: "file" as const })),
        read: async () => new Uint8Array([65]),
      }),
    },
  });
  expect((await vm.exec("ls /m | sort | tr '\\n' ' '; cat /m/__proto__")).stdout).toBe(
    `${KEYS.toSorted((a, b) => (a < b ? -1 : 1)).join(" ")} A`,
  );
});
