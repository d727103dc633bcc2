/** Values come out as they went in; what is no value is refused without harm. */
import { expect, test } from "vitest";
import { decodeValue, encodeValue } from "../../../src/remote/values.ts";

const MANY = 1 << 20;
const again = (value: unknown) => decodeValue(encodeValue(value), MANY);

test.each([
  [undefined],
  [null],
  [[true, false, undefined, null]],
  [[0, -1, 255, 2 ** 31, 2 ** 53 - 1, -(2 ** 53) + 1, 1.5, -0.1, 1e300]],
  [[0n, 5n, -5n, 2n ** 63n - 1n, -(2n ** 63n), 2n ** 64n]],
  [["", "text", "ü", "😀", "a\0b", "x".repeat(100_000)]],
  [["\udc80name", "\ud800", "😀\udcff".repeat(1000)]],
  [{ a: undefined, b: { c: [1, { d: "" }] }, __proto__: null }],
  [{ "\udcff": 1, "": 2 }],
])("a round trip: %j".slice(0, 12), (value) => {
  expect(again(value)).toEqual(value);
});

test("bytes come as bytes, of a view only its part", () => {
  const whole = Uint8Array.from({ length: 1000 }, (_, i) => i);
  expect(again(whole.subarray(3, 9))).toEqual(whole.slice(3, 9));
  expect(again({ stdout: Buffer.from("text") })).toEqual({
    stdout: new Uint8Array(Buffer.from("text")),
  });
  expect(again(new Uint8Array(0))).toEqual(new Uint8Array(0));
});

test("a name of the prototype is a name like any other", () => {
  const bytes = encodeValue(JSON.parse('{"__proto__": {"polluted": true}, "a": 1}'));
  const value = decodeValue(bytes, MANY) as object;
  expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
  expect((value as { polluted?: boolean }).polluted).toBeUndefined();
  expect(Object.hasOwn(value, "__proto__")).toBe(true);
});

test.each<[string, number[]]>([
  ["nothing", []],
  ["an array without its items", [0x9a, 0xff, 0xff, 0xff, 0xff]],
  ["an array of endless length", [0x9f, 0x00]],
  ["a string longer than the message", [0x7a, 0x7f, 0xff, 0xff, 0xff, 0x61]],
  ["bytes longer than the message", [0x5b, 0, 0, 0, 1, 0, 0, 0, 0]],
  ["a map with the same key twice", [0xa2, 0x61, 0x61, 0, 0x61, 0x61, 1]],
  ["an unknown tag", [0xd9, 0xff, 0xff, 0x00]],
  ["a big integer that is an array", [0xc2, 0x80]],
  ["a big integer of a thousand bytes", [0xc2, 0x59, 3, 0xe8, ...new Array(1000).fill(1)]],
  ["text of an odd number of bytes", [0xd9, 0x1c, 0x8e, 0x43, 0, 0, 0]],
  ["more behind the end", [0x01, 0x01]],
  ["arrays in arrays in arrays", new Array(1 << 20).fill(0x81)],
])("refused: %s", (_what, bytes) => {
  expect(() => decodeValue(Uint8Array.from(bytes), 1 << 18)).toThrow();
});

test("many values in few bytes are refused by their number", () => {
  const bytes = encodeValue(new Array(2000).fill(0));
  expect(decodeValue(bytes, 2001)).toHaveLength(2000);
  expect(() => decodeValue(bytes, 2000)).toThrow(/too many values/);
});
