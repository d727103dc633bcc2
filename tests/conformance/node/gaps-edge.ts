/** What fails on QuickJS at the edge, of the sample that isolated-vm passes: `set:folder/name` by reason. */
import type { Differences } from "./expectations.ts";

export const EDGE: Differences = { gaps: {}, timing: {} };
