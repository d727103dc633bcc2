/**
 * Cases that real bash passes and our shell does not, by cause. A case that is not listed must pass;
 * one that is listed and passes is stale and fails the run.
 */
export interface Expectation {
  readonly suite: "oils" | "ash";
  readonly category: string;
  readonly reason: string;
  readonly cases: readonly string[];
}

export const EXPECTATIONS: readonly Expectation[] = [];

/** The expectation that lists a case, by id. */
export function expectationOf(suite: "oils" | "ash", id: string): Expectation | undefined {
  return EXPECTATIONS.find((entry) => entry.suite === suite && entry.cases.includes(id));
}
