/** Killed at any instant, a store has every acknowledged commit, whole. `crash.ts` does it 500 times. */
import { expect, test } from "vitest";
import { randomNumbers } from "../../src/stores/chunks.ts";
import { crash } from "./crash-target.ts";
import { TARGETS } from "./targets.ts";

/** How many of each `npm test` has time for; a tab takes longest. */
const KILLS: Readonly<Record<string, number>> = {
  directory: 12,
  "indexed-db": 10,
  "durable-object": 12,
};

test.each(Object.entries(TARGETS))("%s store", { timeout: 180_000 }, async (name, make) => {
  const kills = KILLS[name] as number;
  const seed = Date.now() % 1_000_000;
  console.log(`${name}: seed ${seed}`);
  await using target = await make();
  const report = await crash(target, kills, seed, randomNumbers(seed));
  expect(report.kills).toBe(kills);
  expect(report.commits).toBeGreaterThan(kills);
});
