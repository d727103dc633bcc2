/** The edge's clock, where the host's own stands still while code runs. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { edgeHost } from "../../../../src/platforms/edge/host.ts";

const { clock } = edgeHost;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"] });
});

afterEach(() => {
  vi.useRealTimers();
});

test("goes on while the host's stands still", () => {
  const readings = Array.from({ length: 1000 }, () => clock.monotonic());
  for (const [i, now] of readings.entries()) {
    if (i > 0) expect(now).toBeGreaterThan(readings[i - 1] as bigint);
  }
  const passed = (readings.at(-1) as bigint) - (readings[0] as bigint);
  expect(passed).toBeLessThan(1_000_000n);
});

test("follows the host's when it moves, and never goes back with it", () => {
  const before = clock.realtime();
  vi.setSystemTime(Date.now() + 5000);
  const after = clock.realtime();
  expect(after - before).toBeGreaterThanOrEqual(4_999_000_000n);
  vi.setSystemTime(Date.now() - 3_600_000);
  expect(clock.realtime()).toBeGreaterThan(after);
  vi.setSystemTime(Date.now() + 3_700_000);
  expect(clock.realtime()).toBe(BigInt(Date.now()) * 1_000_000n);
});
