/**
 * Oils' spec tests and busybox' ash tests, run from checkouts outside of this repository that
 * ISOPOD_OILS_SPEC and ISOPOD_ASH_TEST name; skipped where these are not set.
 */
import { describe, expect, test } from "vitest";
import { EXPECTATIONS, expectationOf } from "./expectations.ts";
import { runSuite, SUITES } from "./suites.ts";

const WHOLE_SUITE = 20 * 60_000;

describe.each(SUITES)("$name", (suite) => {
  const root = process.env[suite.variable];
  test.skipIf(!root)(
    `passes what bash passes, but for what is listed (needs ${suite.variable})`,
    async () => {
      const verdicts = await runSuite(suite, root!);
      const listed = (id: string) => expectationOf(suite.name, id) !== undefined;
      const failed = verdicts.filter(({ problem }) => problem !== undefined);
      const ids = new Set(failed.map(({ test }) => test.id));
      const known = EXPECTATIONS.filter(
        (entry) => entry.suite === suite.name && entry.category !== "timing",
      );
      const stale = known.flatMap(({ cases }) => cases).filter((id) => !ids.has(id));
      expect(verdicts.length).toBeGreaterThan(0);
      expect([...ids].filter((id) => !listed(id))).toEqual([]);
      expect(stale).toEqual([]);
    },
    WHOLE_SUITE,
  );
});
