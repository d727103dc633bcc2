/** Bytes out of a channel's messages share nothing with what was read beside them. */
import { expect, test } from "vitest";
import { ownBytes } from "../../../src/thread/own-bytes.ts";

const message = Buffer.from("before bytes after");
const view = new Uint8Array(message.buffer, message.byteOffset + 7, 5);
const bytes = new TextEncoder().encode("bytes");

test.each([
  ["a result that is bytes", view, bytes],
  ["a Buffer", message.subarray(7, 12), bytes],
  ["fields of a result", { code: 0, stdout: view }, { code: 0, stdout: bytes }],
  ["none", "text", "text"],
  ["a list", [1], [1]],
  ["nothing", undefined, undefined],
])("%s", (_name, result, expected) => {
  const own = ownBytes(result);
  expect(own).toStrictEqual(expected);
  for (const each of [own, ...Object.values(Object(own))]) {
    if (each instanceof Uint8Array) expect(each.buffer.byteLength).toBe(each.byteLength);
  }
});

test("what is its buffer's only use is not copied", () => {
  const whole = new Uint8Array(10);
  expect(ownBytes(whole)).toBe(whole);
});
