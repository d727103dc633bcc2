/** Messages between guest and kernel: what goes in comes out, and no message can do harm. */
import { expect, test } from "vitest";
import { KernelError } from "../../../kernel/errno.ts";
import {
  array,
  bool,
  bytes,
  type Codec,
  f64,
  i32,
  i64,
  optional,
  out,
  Reader,
  str,
  struct,
  u32,
  u64,
  Writer,
} from "../../../kernel/syscalls/codec.ts";
import { syscallsByNumber } from "../../../kernel/syscalls/table.ts";
import * as types from "../../../kernel/syscalls/types.ts";
import { type Random, seeded } from "../random.ts";

function roundTrip<T>(codec: Codec<T>, value: T): T {
  const area = new Uint8Array(4096);
  const writer = new Writer(area, 5);
  codec.write(writer, value);
  const reader = new Reader(area, 5, writer.at, new Uint8Array(0));
  const back = codec.read(reader);
  expect(reader.at).toBe(writer.at);
  return back;
}

function errnoOf(act: () => unknown): string {
  try {
    act();
    return "none";
  } catch (reason) {
    return reason instanceof KernelError ? reason.code : String(reason);
  }
}

test("values of each codec survive", () => {
  for (const value of [0, 1, -1, 0x7fffffff, -0x80000000])
    expect(roundTrip(i32, value)).toBe(value);
  for (const value of [0, 0xffffffff]) expect(roundTrip(u32, value)).toBe(value);
  for (const value of [0, 1.5, 2 ** 53, -1, Infinity]) expect(roundTrip(f64, value)).toBe(value);
  for (const value of [0n, -1n, 2n ** 63n - 1n, -(2n ** 63n)])
    expect(roundTrip(i64, value)).toBe(value);
  for (const value of [0n, 2n ** 64n - 1n]) expect(roundTrip(u64, value)).toBe(value);
  for (const value of [true, false]) expect(roundTrip(bool, value)).toBe(value);
  for (const value of ["", "abc", "é€😀\udcff\0x"]) expect(roundTrip(str, value)).toBe(value);
  expect(roundTrip(bytes, Uint8Array.of(0, 255, 7))).toEqual(Uint8Array.of(0, 255, 7));
  expect(roundTrip(array(str), ["a", "", "b"])).toEqual(["a", "", "b"]);
  expect(roundTrip(optional(i32), undefined)).toBeUndefined();
  expect(roundTrip(optional(i32), 4)).toBe(4);
  const nested = struct<{ a: number; b: readonly string[] }>("N", { a: u32, b: array(str) });
  expect(roundTrip(nested, { a: 1, b: ["x"] })).toEqual({ a: 1, b: ["x"] });
});

test("every record survives with any field values", () => {
  const random = seeded(3);
  for (const [name, codec] of Object.entries(types)) {
    if (typeof codec !== "object" || !("read" in codec)) continue;
    for (let i = 0; i < 20; i++) {
      const record = decodeRandom(codec as Codec<unknown>, random);
      if (record === undefined) continue;
      expect(roundTrip(codec as Codec<unknown>, record), name).toEqual(record);
    }
  }
});

test("text that only just fits is written, one byte more is ENOMEM", () => {
  const text = "é".repeat(10);
  const exact = new Uint8Array(4 + 20);
  str.write(new Writer(exact), text);
  expect(str.read(new Reader(exact, 0, exact.length, exact))).toBe(text);
  expect(errnoOf(() => str.write(new Writer(new Uint8Array(23)), text))).toBe("ENOMEM");
  expect(errnoOf(() => str.write(new Writer(new Uint8Array(3)), ""))).toBe("ENOMEM");
  expect(errnoOf(() => bytes.write(new Writer(new Uint8Array(6)), new Uint8Array(3)))).toBe(
    "ENOMEM",
  );
});

test("a message that is cut anywhere is EFAULT, and the whole one is not", () => {
  const area = new Uint8Array(200);
  const writer = new Writer(area);
  const message = array(optional(str));
  message.write(writer, ["ab", undefined, "c"]);
  for (let end = 0; end < writer.at; end++) {
    expect(errnoOf(() => message.read(new Reader(area, 0, end, area)))).toBe("EFAULT");
  }
  expect(errnoOf(() => message.read(new Reader(area, 0, writer.at, area)))).toBe("none");
});

test("lengths that lie are EFAULT and cost nothing", () => {
  const area = new Uint8Array(64);
  new DataView(area.buffer).setUint32(0, 0xffff_ffff, true);
  const reader = () => new Reader(area, 0, area.length, new Uint8Array(8));
  expect(errnoOf(() => str.read(reader()))).toBe("EFAULT");
  expect(errnoOf(() => bytes.read(reader()))).toBe("EFAULT");
  expect(errnoOf(() => array(bool).read(reader()))).toBe("EFAULT");
  expect(errnoOf(() => array(array(str)).read(reader()))).toBe("EFAULT");
  expect(out.read(reader()).length).toBe(8);
});

test("output buffers share the scratch without overlapping", () => {
  const area = new Uint8Array(8);
  const view = new DataView(area.buffer);
  view.setUint32(0, 5, true);
  view.setUint32(4, 9, true);
  const scratch = new Uint8Array(8);
  const reader = new Reader(area, 0, 8, scratch);
  const first = out.read(reader);
  const second = out.read(reader);
  expect([first.byteOffset, first.length, second.byteOffset, second.length]).toEqual([0, 5, 5, 3]);
});

test("random messages to every system call decode, or are EFAULT", () => {
  const random = seeded(4);
  let decoded = 0;
  for (const { name, definition } of syscallsByNumber) {
    for (let i = 0; i < 60; i++) {
      const area = random.bytes(random.below(200));
      // Small numbers make lengths that are almost right.
      if (random.below(2) === 0)
        for (let k = 0; k < area.length; k++) area[k] = (area[k] as number) % 5;
      const reader = new Reader(area, 0, area.length, new Uint8Array(64));
      const outcome = errnoOf(() => definition.parameters.map(({ codec }) => codec.read(reader)));
      expect(["none", "EFAULT"], name).toContain(outcome);
      expect(reader.at).toBeLessThanOrEqual(area.length);
      if (outcome === "none") decoded++;
    }
  }
  expect(decoded).toBeGreaterThan(1000);
});

/** A value that `codec` can carry: whatever random bytes mean to it. */
function decodeRandom(codec: Codec<unknown>, random: Random): unknown {
  const area = random.bytes(400);
  for (let k = 0; k < area.length; k++) if (random.below(4) > 0) area[k] = (area[k] as number) % 2;
  try {
    return codec.read(new Reader(area, 0, area.length, area));
  } catch {
    return undefined;
  }
}
