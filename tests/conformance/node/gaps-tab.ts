/** What fails in a tab whose page is isolated, of the sample that isolated-vm passes: `folder/name` by reason. */
export const TAB_GAPS: Readonly<Record<string, readonly string[]>> = {};
