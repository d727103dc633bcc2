/** vm.evaluate: values in and out, contexts that stay, and code that does not behave. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createVm } from "../../src/create-vm.ts";
import { decodeValue, encodeValue } from "../../src/evaluation/values.ts";
import type { Vm } from "../../src/vm.ts";

let vm: Vm;
beforeAll(async () => {
  vm = await createVm();
});
afterAll(() => vm.dispose());

const valueFrom = async (code: string, options = {}) => (await vm.evaluate(code, options)).value;

describe("values", () => {
  test.each([
    ["1 + 1", 2],
    ["let a = [1, , 'x']; a", [1, undefined, "x"]],
    ["({ a: { b: null }, c: undefined })", { a: { b: null }, c: undefined }],
    ["new Map([[1n, new Set(['a'])]])", new Map([[1n, new Set(["a"])]])],
    ["new Date(0)", new Date(0)],
    ["new Uint8Array([1, 2])", new Uint8Array([1, 2])],
    ["[NaN, -0, Infinity, 2n ** 100n]", [NaN, -0, Infinity, 2n ** 100n]],
    ["await Promise.resolve(7)", 7],
    ["Promise.resolve(8)", 8],
    ["const { sep } = await import('node:path'); sep", "/"],
    ["require('os').platform()", "linux"],
    ["undefined", undefined],
  ])("%s", async (code, value) => {
    expect(await valueFrom(code)).toEqual(value);
  });

  test("cycles stay cycles", async () => {
    const value = (await valueFrom("const a = {}; a.self = a; a")) as { self: unknown };
    expect(value.self).toBe(value);
  });

  test("inputs are variables, and copies", async () => {
    const inputs = { list: [3, 1, 2], at: new Date(5), bytes: new Uint8Array([9]), big: 5n };
    const code = "list.sort(); [list, at.getTime(), bytes[0], big * 2n]";
    expect(await valueFrom(code, { inputs })).toEqual([[1, 2, 3], 5, 9, 10n]);
    expect(inputs.list).toEqual([3, 1, 2]);
  });

  test("what cannot be handed over is refused, on either side", async () => {
    await expect(async () => vm.evaluate("f", { inputs: { f() {} } })).rejects.toThrow(/clon/);
    await expect(vm.evaluate("() => 1")).rejects.toMatchObject({ code: "ERR_NOT_CLONABLE" });
    await expect(vm.evaluate("new Proxy({}, {})")).rejects.toMatchObject({
      code: "ERR_NOT_CLONABLE",
    });
  });
});

test("what the code writes comes along", async () => {
  const { value, stdout, stderr } = await vm.evaluate(
    "console.log('out'); console.error('err'); 5",
  );
  expect([value, stdout, stderr]).toEqual([5, "out\n", "err\n"]);
});

test("TypeScript's types are stripped", async () => {
  const code = "enum E { A = 4 } const n: number = inp satisfies number; (n as number) + E.A";
  expect(await valueFrom(code, { language: "typescript", inputs: { inp: 3 } })).toBe(7);
  await expect(vm.evaluate("const a: number = 1; a")).rejects.toThrow(/SyntaxError/);
});

test("errors have the code's name, message and stack", async () => {
  const code = "function deep() { throw new RangeError('too far') }\ndeep()";
  const error = await vm.evaluate(code).catch((reason) => reason);
  expect(error).toMatchObject({
    code: "ERR_EVALUATION_FAILED",
    message: "RangeError: too far",
    stdout: "",
  });
  expect(error.guestStack).toMatch(/at deep \(evaluate:1:\d+\)/);
  await expect(vm.evaluate("const = 1")).rejects.toThrow(/SyntaxError/);
  await expect(vm.evaluate("throw 5")).rejects.toMatchObject({ message: "5" });
});

test("a context keeps variables and goes on between calls, apart from others", async () => {
  const context = "kept";
  await vm.evaluate("let n = 1; const late = []; setTimeout(() => late.push('later'), 10); 0", {
    context,
  });
  await vm.evaluate("function twice(x) { return 2 * x } const two = await 2", { context });
  expect(await valueFrom("n += twice(two); n", { context })).toBe(5);
  await expect.poll(() => valueFrom("late", { context })).toEqual(["later"]);
  await expect(vm.evaluate("n", { context: "other" })).rejects.toThrow(/n is not defined/);
  await expect(vm.evaluate("n")).rejects.toThrow(/n is not defined/);
  await vm.endContext(context);
  await expect(vm.evaluate("n", { context })).rejects.toThrow(/n is not defined/);
});

test("calls of one context take turns", async () => {
  const context = "turns";
  await vm.evaluate("var log = []", { context });
  const slow = vm.evaluate("await new Promise((r) => setTimeout(r, 50)); log.push('slow')", {
    context,
  });
  const fast = vm.evaluate("log.push('fast'); log", { context });
  await slow;
  expect((await fast).value).toEqual(["slow", "fast"]);
});

test("code that does not end is ended, and its context begins anew", async () => {
  const context = "busy";
  await vm.evaluate("var n = 1", { context });
  const late = vm.evaluate("console.log('begun'); for (;;);", { context, timeout: 2000 });
  await expect(late).rejects.toMatchObject({ code: "ETIMEDOUT", stdout: "begun\n" });
  expect(await valueFrom("typeof n", { context })).toBe("undefined");
  const abort = new AbortController();
  const endless = vm.evaluate("await new Promise(() => setInterval(() => {}, 9))", {
    signal: abort.signal,
  });
  abort.abort();
  await expect(endless).rejects.toMatchObject({ code: "ABORT_ERR" });
});

test("a program that ends, floods or lies harms nobody", async () => {
  await expect(vm.evaluate("process.exit(3)")).rejects.toThrow(/ended by status 3/);
  await expect(vm.evaluate("process.kill(process.pid, 'SIGKILL')")).rejects.toThrow(/SIGKILL/);
  const flood = vm.evaluate("for (;;) console.log('x'.repeat(1000))", { maxBuffer: 10_000 });
  await expect(flood).rejects.toMatchObject({ code: "ERR_MAX_BUFFER" });
  const large = vm.evaluate("new Uint8Array(1e6)", { maxBuffer: 10_000 });
  await expect(large).rejects.toMatchObject({ code: "ERR_MAX_BUFFER" });
  const lie = "require('fs').writeSync(4, Buffer.from([4, 0, 0, 0, 255, 15, 111, 34])); await 0";
  await expect(vm.evaluate(lie)).rejects.toMatchObject({ code: "ERR_EVALUATION_ENDED" });
  const claim = "require('fs').writeSync(4, Buffer.from([255, 255, 255, 3])); process.exit()";
  await expect(vm.evaluate(claim)).rejects.toMatchObject({ code: "ERR_EVALUATION_ENDED" });
  const pollute = `JSON.parse('{"__proto__": {"polluted": 1}, "constructor": {"prototype": {"polluted": 1}}}')`;
  const value = await valueFrom(pollute);
  expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
  expect(({} as { polluted?: number }).polluted).toBeUndefined();
});

test("bytes that are no value are refused in a moment, whatever they claim", () => {
  const nested = new Uint8Array(200_000).fill(0x41);
  nested.set([255, 15]);
  const bigint = new Uint8Array([255, 15, 0x5a, ...[254, 255, 255, 255, 15]]);
  for (const bytes of [nested, bigint, new Uint8Array(0), new Uint8Array([1, 2, 3])]) {
    expect(() => decodeValue(bytes)).toThrow();
  }
  expect(decodeValue(encodeValue({ a: [1n, -(2n ** 70n)] }))).toEqual({ a: [1n, -(2n ** 70n)] });
});

test("wrong options say what is right", async () => {
  await expect(vm.evaluate(5 as never)).rejects.toThrow(/the code must be a string, but it is 5/);
  await expect(vm.evaluate("1", { language: "python" as never })).rejects.toThrow(
    /"javascript", "typescript"/,
  );
  await expect(vm.evaluate("1", { inputs: [1] as never })).rejects.toThrow(
    /an object of variables by name/,
  );
});
