/** What fails on QuickJS, in a tab and at the edge, of the sample that isolated-vm passes: `folder/name` by reason. */
export const QUICKJS_GAPS: Readonly<Record<string, readonly string[]>> = {};
