/** Reads what a script writes: the Test Anything Protocol, as far as pjdfstest speaks it. */

export interface Outcome {
  /** Every planned test ran, and each passed or is a known difference of Linux (TODO). */
  readonly passed: boolean;
  /** The script found nothing here that it tests, and said so with one empty test. */
  readonly empty: boolean;
  /** What failed, a line each. */
  readonly failures: readonly string[];
}

export function readTap(output: string): Outcome {
  const lines = output.split("\n");
  const plan = Number(/^1\.\.(\d+)$/m.exec(output)?.[1] ?? Number.NaN);
  const results = lines.filter((line) => /^(not )?ok\b/.test(line));
  const failures = results.filter((line) => line.startsWith("not ") && !line.includes("# TODO"));
  if (results.length !== plan) failures.push(`${results.length} of ${plan} planned tests ran`);
  const empty = plan === 1 && results[0] === "ok 1";
  return { passed: failures.length === 0, empty, failures };
}
