/** The arrays of fs.Stats: every field in its place, times exact to the nanosecond. */
import { expect, test } from "vitest";
import type { Stat } from "../../../../../kernel/abi.ts";
import { createStatArrays, FIELDS } from "../../../../../runtimes/node/bindings/fs/stats.ts";

const stat: Stat = {
  dev: 1,
  mode: 0o100644,
  nlink: 2,
  uid: 1000,
  gid: 1001,
  rdev: 3,
  blksize: 4096,
  ino: 77,
  size: 2 ** 40,
  blocks: 8,
  atime: 1_795_330_925_412_708_123n,
  mtime: -1n,
  ctime: 0n,
  birthtime: 999_999_999n,
};

test("numbers stand where lib/ looks for them", () => {
  const { stat: fill } = createStatArrays();
  expect([...fill(stat, false, false).subarray(0, FIELDS)]).toEqual([
    ...[1, 0o100644, 2, 1000, 1001, 3, 4096, 77, 2 ** 40, 8],
    ...[1_795_330_925, 412_708_123, -1, 999_999_999, 0, 0, 0, 999_999_999],
  ]);
});

test("BigInts say the same", () => {
  const { stat: fill } = createStatArrays();
  const numbers = [...fill(stat, false, false)].map(BigInt);
  expect([...fill(stat, true, false)]).toEqual(numbers);
});

test("a request whose result is read later gets an array of its own", () => {
  const { stat: fill, statValues } = createStatArrays();
  expect(fill(stat, false, false)).toBe(statValues);
  expect(fill(stat, false, true)).not.toBe(statValues);
});
