import { describe, expect, test } from "vitest";
import { Errno, KernelError } from "../../../kernel/index.ts";
import { limitModule } from "../../../runtimes/engines/wasm-limits.ts";
import { wat } from "../wasi/wat.ts";

const LIMITS = { memoryPages: 10, tableEntries: 20 };

/** What memory.grow says to one more page than `pages`, and to as many. */
function growth(bytes: Uint8Array, pages: number): [beyond: number, within: number] {
  const module = new WebAssembly.Module(limitModule(bytes, LIMITS));
  const { exports } = new WebAssembly.Instance(module, {});
  const grow = exports.grow as (pages: number) => number;
  return [grow(pages), grow(pages - 1)];
}

function errnoOf(act: () => unknown): number | undefined {
  try {
    act();
    return undefined;
  } catch (reason) {
    return (reason as KernelError).errno;
  }
}

const GROW = '(func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))';

describe("a module's memory", () => {
  test("without a maximum gets ours", () => {
    expect(growth(wat(GROW, 1), 10)).toEqual([-1, 1]);
  });

  test("with a larger maximum gets ours", () => {
    expect(growth(wat(GROW, "1 500"), 10)).toEqual([-1, 1]);
  });

  test("with a smaller maximum keeps it", () => {
    expect(growth(wat(GROW, "1 5"), 5)).toEqual([-1, 1]);
  });

  test("that is too large from the start is ENOMEM", () => {
    expect(errnoOf(() => limitModule(wat("", 11), LIMITS))).toBe(Errno.ENOMEM);
    expect(errnoOf(() => limitModule(wat("", 10), LIMITS))).toBeUndefined();
  });

  test("with 64-bit addresses is ENOEXEC", () => {
    const bytes = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 5, 3, 1, 4, 1);
    expect(errnoOf(() => limitModule(bytes, LIMITS))).toBe(Errno.ENOEXEC);
  });
});

test("a table is bounded likewise", () => {
  const table =
    '(table $t 1 funcref) (func (export "grow") (param i32) (result i32) (table.grow $t (ref.null func) (local.get 0)))';
  expect(growth(wat(table), 20)).toEqual([-1, 1]);
});

test("types that are garbage-collected are ENOEXEC, types of functions are not", () => {
  const typed = (...types: number[]) =>
    Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, types.length + 1, 1, ...types);
  const array = typed(0x5e, 0x7f, 1);
  const recursive = typed(0x4e, 1, 0x5f, 0);
  const chained = typed(0x60, 1, 0x69, 0);
  const chainedByReference = typed(0x60, 1, 0x63, 0x69, 0);
  for (const bytes of [array, recursive, chained, chainedByReference]) {
    expect(errnoOf(() => limitModule(bytes, LIMITS))).toBe(Errno.ENOEXEC);
  }
  const functions = typed(0x60, 2, 0x63, 0x70, 0x7f, 1, 0x7e);
  expect(errnoOf(() => limitModule(functions, LIMITS))).toBeUndefined();
});

test("the rest of the module stays as it is", () => {
  const bytes = wat(
    '(func (export "answer") (result i32) (i32.const 42)) (data (i32.const 3) "x")',
  );
  const module = new WebAssembly.Module(limitModule(bytes, LIMITS));
  const { exports } = new WebAssembly.Instance(module, {});
  expect((exports.answer as () => number)()).toBe(42);
  expect(new Uint8Array((exports.memory as WebAssembly.Memory).buffer)[3]).toBe(120);
});

test("bytes that end too early or make no sense are ENOEXEC", () => {
  const whole = wat(GROW);
  for (let length = 0; length < whole.length; length++) {
    const errno = errnoOf(() => limitModule(whole.subarray(0, length), LIMITS));
    expect([undefined, Errno.ENOEXEC]).toContain(errno);
  }
  const endless = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 5, 0xff, 0xff, 0xff, 0xff, 0xff);
  expect(errnoOf(() => limitModule(endless, LIMITS))).toBe(Errno.ENOEXEC);
  expect(() => limitModule(new Uint8Array(3), LIMITS)).toThrow(KernelError as never);
});
