/** Names between JavaScript and the kernel, and their order in a listing. */
import { expect, test } from "vitest";
import { compareNames, toPath } from "../../../../../runtimes/node/bindings/fs/paths.ts";

test("bytes that are no UTF-8 keep their identity; strings that are no Unicode do not", () => {
  expect(toPath(Uint8Array.of(0x61, 0xff))).toBe("a\udcff");
  expect(toPath("a\udcff")).toBe("a\ufffd");
  expect(toPath("é")).toBe("é");
});

test("names are in the order of their bytes", () => {
  const names = ["b", "a", "ab", "é", "\u{1f600}", "\uffee", "B"];
  expect(names.toSorted(compareNames)).toEqual(["B", "a", "ab", "b", "é", "\uffee", "\u{1f600}"]);
});
