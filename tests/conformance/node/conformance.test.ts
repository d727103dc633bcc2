/**
 * Node's own tests in machines, from checkouts outside of this repository that ISOPOD_NODE_TEST names;
 * skipped where it is not set. ISOPOD_NODE_22 names the Node to compare with, ISOPOD_HOST the engine: of
 * any but isolated-vm a sample is asked.
 */
import { describe, expect, test } from "vitest";
import { ENGINE } from "./engines.ts";
import { EXPECTATIONS, expectationOf } from "./expectations.ts";
import { CHECKOUTS, Suite } from "./suite.ts";

const WHOLE_SUITE = 4 * 60 * 60_000;

describe("Node's own tests", () => {
  const suite = Suite.fromEnvironment();
  test.skipIf(!suite)(
    `pass where the host's Node passes them, but for what is listed (needs ${CHECKOUTS})`,
    async () => {
      const isNode = ENGINE === "node";
      const counted = isNode ? await suite!.counted(suite!.tests) : await suite!.sample();
      const verdicts = await suite!.run(counted, () => {});
      const passed = new Set(verdicts.filter(({ verdict }) => verdict === "pass"));
      const unlisted = verdicts.filter((one) => !passed.has(one) && !expectationOf(one));
      expect(counted.length).toBeGreaterThan(0);
      expect(unlisted.map(({ id, why }) => `${id}: ${why}`)).toEqual([]);
      const failing = verdicts.filter((one) => !passed.has(one));
      const stale = EXPECTATIONS.filter(({ category }) => category !== "timing")
        .flatMap(({ tests }) => tests)
        .filter((name) => counted.some((test) => test.id === name || test.name === name) || isNode)
        .filter((name) => !failing.some((one) => one.id === name || one.name === name));
      expect(stale).toEqual([]);
    },
    WHOLE_SUITE,
  );
});
