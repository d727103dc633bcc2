/** Metered modules: loops call out, and everything that names a function still names the same one. */
import { describe, expect, test } from "vitest";
import wabt from "wabt";
import { KernelError } from "../../../kernel/index.ts";
import { meterModule } from "../../../runtimes/engines/wasm-meter.ts";

const { parseWat } = await wabt();

const FEATURES = { bulk_memory: true, reference_types: true, tail_call: true, simd: true };

interface Run {
  readonly exports: Record<string, (...args: unknown[]) => unknown>;
  readonly turns: () => number;
}

/** Instantiates the metered module. */
function metered(wat: string, imports: Record<string, unknown> = {}): Run {
  const module = parseWat("test.wat", `(module ${wat})`, FEATURES);
  const bytes = meterModule(new Uint8Array(module.toBinary({}).buffer));
  let turns = 0;
  const turn = () => {
    turns++;
  };
  const instance = new WebAssembly.Instance(new WebAssembly.Module(bytes), {
    env: imports as never,
    isopod: { turn },
  });
  return { exports: instance.exports as never, turns: () => turns };
}

const COUNT_DOWN = `(func (export "loop") (param $n i32) (result i32) (local $sum i32)
  (loop $again
    (local.set $sum (i32.add (local.get $sum) (i32.const 1)))
    (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
  (local.get $sum))`;

describe("loops", () => {
  test("call out once in so many turns, and compute what they did", () => {
    const { exports, turns } = metered(COUNT_DOWN);
    expect(exports["loop"]?.(10)).toBe(10);
    const before = turns();
    expect(before).toBeLessThanOrEqual(1);
    expect(exports["loop"]?.(10_000_000)).toBe(10_000_000);
    expect(turns() - before).toBe(Math.floor(10_000_010 / 2 ** 18));
  });

  test("what the import throws ends them", () => {
    const module = parseWat("test.wat", `(module (func (export "f") (loop $l (br $l))))`, FEATURES);
    const bytes = meterModule(new Uint8Array(module.toBinary({}).buffer));
    const turn = () => {
      throw new Error("ended");
    };
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), {
      isopod: { turn },
    } as never);
    expect(() => (exports as Record<string, () => void>)["f"]?.()).toThrow("ended");
  });

  test("with values on the stack, and nested", () => {
    const { exports } = metered(`(func (export "f") (result i32)
      (i32.add (i32.const 40)
        (block $out (result i32)
          (loop $a (loop $b (br $out (i32.const 2)))) (i32.const 0))))`);
    expect(exports["f"]?.()).toBe(42);
  });
});

describe("functions are found where they are named", () => {
  test("calls of imports and of others, tail calls, the start function", () => {
    const seen: unknown[] = [];
    const { exports } = metered(
      `(import "env" "note" (func $note (param i32)))
       (global $g (mut i32) (i32.const 7))
       (func $begin (call $note (i32.const 1)))
       (func $last (result i32) (global.get $g))
       (func (export "f") (result i32) (call $note (i32.const 2)) (return_call $last))
       (start $begin)`,
      { note: (value: number) => seen.push(value) },
    );
    expect(exports["f"]?.()).toBe(7);
    expect(seen).toEqual([1, 2]);
  });

  test("tables, references and passive segments", () => {
    const { exports } = metered(`
      (type $t (func (result i32)))
      (table $table 8 funcref)
      (func $one (result i32) (i32.const 1))
      (func $two (result i32) (i32.const 2))
      (func $three (result i32) (i32.const 3))
      (elem (i32.const 0) $one $two)
      (elem (table $table) (i32.const 2) func $three)
      (elem $later func $two $one)
      (elem declare func $three)
      (func (export "at") (param i32) (result i32)
        (call_indirect (type $t) (local.get 0)))
      (func (export "late")
        (table.init $later (i32.const 4) (i32.const 0) (i32.const 2))
        (table.set (i32.const 6) (ref.func $three)))`);
    const at = exports["at"] as (index: number) => number;
    exports["late"]?.();
    expect([0, 1, 2, 4, 5, 6].map(at)).toEqual([1, 2, 3, 2, 1, 3]);
  });

  test("globals that are functions", () => {
    const { exports } = metered(`
      (type $t (func (result i32)))
      (table 1 funcref)
      (func $five (export "five") (result i32) (i32.const 5))
      (global $f funcref (ref.func $five))
      (func (export "f") (result i32)
        (table.set (i32.const 0) (global.get $f))
        (call_indirect (type $t) (i32.const 0)))`);
    expect(exports["f"]?.()).toBe(5);
  });

  test("memory, data, SIMD and long branch tables pass through", () => {
    const { exports } = metered(`
      (memory (export "memory") 1)
      (data (i32.const 8) "abcd")
      (data $passive "wxyz")
      (func (export "f") (param i32) (result i32)
        (memory.init $passive (i32.const 16) (i32.const 0) (i32.const 4))
        (memory.copy (i32.const 32) (i32.const 8) (i32.const 4))
        (v128.store (i32.const 48) (i8x16.splat (i32.const 3)))
        (block $a (block $b (block $c (br_table $a $b $c (local.get 0)))
          (return (i32.load8_u (i32.const 16)))) (return (i32.load8_u (i32.const 32))))
        (i32.load8_u (i32.const 50)))`);
    const f = exports["f"] as (way: number) => number;
    expect([0, 1, 2].map(f)).toEqual([3, 97, 119]);
  });
});

describe("what is no module", () => {
  test.each([
    ["too short", [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 5]],
    ["an unknown section", [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 99, 0]],
    ["a section twice", [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 1, 0, 1, 1, 0]],
    ["code that no one knows", [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 10, 5, 1, 3, 0, 0xff, 0x0b]],
  ])("%s", (_, bytes) => {
    expect(() => meterModule(Uint8Array.from(bytes))).toThrow(KernelError);
  });
});
