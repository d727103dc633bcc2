/** What fails at the edge and not on QuickJS in a tab, of the sample that isolated-vm passes: `folder/name` by reason. */
export const EDGE_GAPS: Readonly<Record<string, readonly string[]>> = {};
