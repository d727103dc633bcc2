/**
 * Lines whose result differs from the host's for a reason that is not ours to mend. The parts that are
 * not named must agree all the same, and an entry whose parts have come to agree fails the test.
 */
import type { Result } from "./transcript.ts";

export interface Exception {
  /** The command, exactly as in its transcript. */
  readonly command: string;
  readonly differs: readonly (keyof Result)[];
  readonly because: string;
}

export const EXCEPTIONS: readonly Exception[] = [];
