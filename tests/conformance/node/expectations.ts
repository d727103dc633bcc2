/**
 * Tests of Node's own that pass on the host and not in a machine. One that is not listed must pass; one
 * that is listed and passes is stale and fails the run, unless it depends on the clock.
 */
import { GAPS } from "./gaps.ts";

export interface Expectation {
  /**
   * scope: about something that a machine does not offer, on purpose. gap: ours is to be mended.
   * timing: passes or not, as the machine is busy.
   */
  readonly category: "scope" | "gap" | "timing";
  readonly reason: string;
  /** `folder/name`, for every checkout; `set:folder/name` for one. */
  readonly tests: readonly string[];
}

const NOT_OFFERED: readonly Expectation[] = [];

export const EXPECTATIONS: readonly Expectation[] = [
  ...NOT_OFFERED,
  ...Object.values(GAPS).flatMap((reasons) =>
    Object.entries(reasons).map(([reason, tests]) => ({ category: "gap" as const, reason, tests })),
  ),
];

const BY_TEST = new Map(EXPECTATIONS.flatMap((entry) => entry.tests.map((test) => [test, entry])));

export function expectationOf(test: {
  readonly id: string;
  readonly name: string;
}): Expectation | undefined {
  return BY_TEST.get(test.id) ?? BY_TEST.get(test.name);
}
