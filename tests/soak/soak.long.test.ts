/** A short soak: what `npm run -s soak` does for ten minutes with 200 machines. */
import { expect, test } from "vitest";
import { soak } from "./soak.ts";

const MIB = 2 ** 20;

test("machines at work side by side, some of which go wrong, harm neither the host nor each other", async () => {
  const result = await soak({
    machines: 12,
    milliseconds: 15_000,
    least: 60,
    faults: 0.1,
    seed: 7,
  });
  expect(result.errors).toEqual([]);
  expect(result.rounds).toBeGreaterThanOrEqual(60);
  expect(result.faults).toBeGreaterThan(0);
  // Isolates that are kept warm and V8's own reserves stay; machines do not.
  expect(result.memory.after - result.memory.before).toBeLessThan(400 * MIB);
}, 300_000);
