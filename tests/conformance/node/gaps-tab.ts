/** What fails in a tab whose page is isolated, on the worker's own V8, of the sample that isolated-vm passes: `set:folder/name` by reason. */
import type { Differences } from "./expectations.ts";

export const TAB: Differences = { gaps: {}, timing: {} };
