/** What the host's histograms, which are HdrHistogram's own, say of the same values. */
import { createHistogram } from "node:perf_hooks";
import { expect, test } from "vitest";
import { HdrHistogram } from "../../../../runtimes/node/performance/hdr-histogram.ts";

const SETS: readonly (readonly [name: string, values: readonly number[]])[] = [
  ["one value", [7]],
  ["squares", Array.from({ length: 999 }, (_, i) => (i + 1) ** 2)],
  ["nanoseconds", Array.from({ length: 500 }, (_, i) => 1_000_000 + i * 12_345)],
  ["extremes", [1, 2 ** 52, 3]],
];

test.each(SETS)("counts %s as the host does", (_, values) => {
  const host = createHistogram();
  const own = new HdrHistogram();
  for (const value of values) {
    host.record(value);
    own.record(value);
  }
  const { count, min, max, mean, stddev } = own;
  expect({ count, min, max }).toEqual({ count: host.count, min: host.min, max: host.max });
  expect(mean).toBeCloseTo(host.mean, 6);
  expect(stddev).toBeCloseTo(host.stddev, 3);
});

test("answers percentiles with the lower bounds of buckets, as Node 22 does", () => {
  const own = new HdrHistogram();
  for (let i = 1; i < 1000; i++) own.record(i * i);
  expect([...own.percentiles()].slice(0, 4)).toEqual([
    [0, 1],
    [50, 249_984],
    [75, 562_176],
    [87.5, 765_440],
  ]);
  expect(own.percentile(100)).toBe(997_888);
});

test("leaves out what it has no place for", () => {
  const own = new HdrHistogram(1, 1000);
  expect(own.record(10)).toBe(true);
  expect(own.record(1001)).toBe(false);
  expect([own.count, own.exceeds]).toEqual([1, 1]);
});
