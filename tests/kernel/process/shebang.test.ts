import { expect, test } from "vitest";
import { encodeUtf8 } from "../../../kernel/bytes.ts";
import { isScript, parseShebang } from "../../../kernel/process/shebang.ts";

const parse = (line: string) => {
  const shebang = parseShebang(encodeUtf8(line).subarray(0, 256));
  return shebang && [shebang.interpreter, shebang.argument];
};

test("only #! makes a script", () => {
  expect(isScript(encodeUtf8("#!/bin/sh"))).toBe(true);
  for (const text of ["", "#", "# !", " #!", "\0asm"])
    expect(isScript(encodeUtf8(text))).toBe(false);
});

test.each([
  ["#!/bin/sh\n", ["/bin/sh", undefined]],
  ["#!/bin/sh", ["/bin/sh", undefined]],
  ["#! \t/bin/sh \t\n", ["/bin/sh", undefined]],
  ["#!/bin/sh -e\necho", ["/bin/sh", "-e"]],
  ["#!/usr/bin/env  -S a b  c \t\n", ["/usr/bin/env", "-S a b  c"]],
  ["#!/bin/awk\t-f\n", ["/bin/awk", "-f"]],
  ["#!/bin/sh\r\n", ["/bin/sh\r", undefined]],
  ["#!sh\n", ["sh", undefined]],
  ["#!/bin/\udcff\n", ["/bin/\udcff", undefined]],
  ["#!/bin/sh a\0b\n", ["/bin/sh", "a"]],
  ["#!/bin/sh\0a\n", ["/bin/sh", undefined]],
  ["#!\n", undefined],
  ["#!", undefined],
  ["#!   \t \n/bin/sh\n", undefined],
])("%j", (line, expected) => {
  expect(parse(line)).toEqual(expected);
});

test("a name that may be cut off by the limit is none, an argument may be", () => {
  expect(parse(`#!/${"x".repeat(300)}`)).toBeUndefined();
  expect(parse(`#!/${"x".repeat(252)} y`)).toEqual([`/${"x".repeat(252)}`, undefined]);
  expect(parse(`#!/bin/x ${"y".repeat(300)}`)).toEqual(["/bin/x", "y".repeat(256 - 9)]);
  expect(parse(`#!${" ".repeat(300)}`)).toBeUndefined();
});
