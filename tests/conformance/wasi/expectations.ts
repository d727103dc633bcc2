/**
 * Programs of wasi-testsuite that may fail, each with its reason; every other one must pass, and one
 * that is listed here and passes fails as stale.
 */
export interface Expectation {
  readonly suite: "c" | "assemblyscript" | "rust";
  readonly program: string;
  readonly reason: string;
}

export const EXPECTED_FAILURES: readonly Expectation[] = [];
