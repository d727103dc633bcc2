/**
 * Scripts of pjdfstest that do not pass, each with the reason. All others must; and these must not. No host
 * differs from another.
 */
export const EXPECTED_FAILURES: Readonly<Record<string, string>> = {};
