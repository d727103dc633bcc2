import { describe, expect, test } from "vitest";
import { Errno, KernelError } from "../../../kernel/index.ts";
import { resolveBeneath } from "../../../runtimes/wasi/beneath.ts";
import { fakeKernel } from "./fake-kernel.ts";

const LINKS: Readonly<Record<string, string>> = {
  near: "dir/file",
  up: "../outside",
  "dir/back": "..",
  "dir/far": "../../outside",
  absolute: "/etc/passwd",
  loop: "loop",
};

const { sys } = fakeKernel({
  readlinkat: (_fd: number, path: string) => {
    const target = LINKS[path];
    if (target === undefined) throw new KernelError(Errno.EINVAL);
    return target;
  },
});

function resolve(path: string, follow = true): string | number {
  try {
    return resolveBeneath(sys, 3, path, follow);
  } catch (reason) {
    return (reason as KernelError).errno;
  }
}

describe("a path that stays below its directory", () => {
  test.each([
    ["file", "file"],
    ["./dir//file", "dir/file"],
    ["dir/../file", "file"],
    ["dir/", "dir/"],
    [".", "."],
    ["dir/..", "."],
    ["near", "dir/file"],
    ["dir/back/file", "file"],
    ["missing/../file", "file"],
  ])("%s is %s", (path, resolved) => {
    expect(resolve(path)).toBe(resolved);
  });
});

describe("a path that would leave it is EPERM", () => {
  test.each(["..", "../x", "dir/../../x", "/", "/etc", "up", "dir/far", "absolute", "dir/back/.."])(
    "%s",
    (path) => {
      expect(resolve(path)).toBe(Errno.EPERM);
    },
  );
});

test("a link at the end is left alone where it is not followed", () => {
  expect(resolve("absolute", false)).toBe("absolute");
  expect(resolve("absolute/x", false)).toBe(Errno.EPERM);
});

test("links in a circle are ELOOP, and no path at all ENOENT", () => {
  expect(resolve("loop")).toBe(Errno.ELOOP);
  expect(resolve("")).toBe(Errno.ENOENT);
});
