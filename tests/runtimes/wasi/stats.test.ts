import { expect, test } from "vitest";
import { AT_FDCWD, Errno, KernelError } from "../../../kernel/index.ts";
import { Piece, Stats } from "../../../runtimes/wasi/stats.ts";
import { fakeKernel } from "./fake-kernel.ts";

function stats() {
  let size = 0;
  const kernel = fakeKernel({
    newfstatat: (_fd: number, path: string) => {
      if (path === "missing") throw new KernelError(Errno.ENOENT);
      return { size: ++size };
    },
    fstat: () => ({ size: ++size }),
    getpid: () => 1,
  });
  return { kernel, stats: new Stats(kernel) };
}

const PLACE = { dirfd: AT_FDCWD, path: "file" };
const ALL = [Piece.Filestat, Piece.Mode, Piece.Size, Piece.Blocks, Piece.Owner, Piece.Mode];

test("the pieces of one look at a file cost one call", () => {
  const { kernel, stats: seen } = stats();
  for (const piece of ALL) expect(seen.ofPath(PLACE, true, piece).size).toBe(1);
  expect(kernel.asked).toHaveLength(1);
});

test("a program that looks again and again sees each change", () => {
  const { stats: seen } = stats();
  expect([1, 2, 3].map(() => seen.ofPath(PLACE, true, Piece.Filestat).size)).toEqual([1, 2, 3]);
  expect([1, 2, 3].map(() => seen.ofDescriptor(5, Piece.Size).size)).toEqual([4, 5, 6]);
});

test("another call, another path or other following ends it", () => {
  const { kernel, stats: seen } = stats();
  seen.ofPath(PLACE, true, Piece.Filestat);
  kernel.sys.getpid();
  expect(seen.ofPath(PLACE, true, Piece.Mode).size).toBe(2);
  expect(seen.ofPath({ ...PLACE, path: "other" }, true, Piece.Size).size).toBe(3);
  expect(seen.ofPath({ ...PLACE, path: "other" }, false, Piece.Blocks).size).toBe(4);
  expect(seen.ofDescriptor(AT_FDCWD, Piece.Owner).size).toBe(5);
});

test("a failure is one answer too", () => {
  const { kernel, stats: seen } = stats();
  const missing = { ...PLACE, path: "missing" };
  for (const piece of [Piece.Filestat, Piece.Mode, Piece.Size]) {
    expect(() => seen.ofPath(missing, true, piece)).toThrow(KernelError as never);
  }
  expect(kernel.asked).toHaveLength(1);
});
