/**
 * Tests of Node's own that pass on the host and not in a machine. One that is not listed must pass; one
 * that is listed and passes is stale and fails the run, unless it depends on the clock.
 */
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

export const EXPECTATIONS: readonly Expectation[] = [];

export function expectationOf(test: {
  readonly id: string;
  readonly name: string;
}): Expectation | undefined {
  return EXPECTATIONS.find(({ tests }) => tests.includes(test.id) || tests.includes(test.name));
}
