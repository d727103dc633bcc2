/** What fails on QuickJS in a tab, of the sample that isolated-vm passes: `set:folder/name` by reason. */
import type { Differences } from "./expectations.ts";

export const TAB_QUICKJS: Differences = { gaps: {}, timing: {} };
