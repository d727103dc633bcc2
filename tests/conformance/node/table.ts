/** What the results come to, module by module. */
import type { Case } from "./checkout.ts";
import { expectationOf } from "./expectations.ts";
import type { Verdict } from "./suite.ts";

export interface Row {
  readonly module: string;
  /** Pass on the host; those that are out of scope by expectation not among them. */
  readonly counted: number;
  readonly passed: number;
  readonly failed: number;
  /** Skip themselves in the machine though not on the host: not counted as passed. */
  readonly skipped: number;
  /** Of the counted, without a result so far. */
  readonly missing: number;
}

/** A row for each module, then one for all. */
export function rowsOf(
  counted: readonly Case[],
  results: ReadonlyMap<string, Verdict>,
): readonly Row[] {
  const inScope = counted.filter((test) => expectationOf(test)?.category !== "scope");
  const groups = [...Map.groupBy(inScope, ({ module }) => module)].sort(([a], [b]) =>
    a < b ? -1 : 1,
  );
  return [...groups, ["total", inScope] as const].map(([module, tests]) => {
    const verdicts = tests.map((test) => results.get(test.id)?.verdict);
    const count = (wanted: string | undefined) =>
      verdicts.filter((verdict) => verdict === wanted).length;
    return {
      module,
      counted: tests.length,
      passed: count("pass"),
      failed: count("fail"),
      skipped: count("skip"),
      missing: count(undefined),
    };
  });
}

export function percentOf({ passed, counted, missing }: Row): string {
  const ran = counted - missing;
  return ran === 0 ? "-" : ((100 * passed) / ran).toFixed(1);
}

export function printTable(rows: readonly Row[]): void {
  console.log("module               counted  passed  failed  skips here  not run       %");
  for (const row of rows) {
    const cells = [
      [row.counted, 8],
      [row.passed, 8],
      [row.failed, 8],
      [row.skipped, 12],
      [row.missing, 9],
      [percentOf(row), 8],
    ] as const;
    const numbers = cells.map(([value, width]) => String(value).padStart(width)).join("");
    console.log(`${row.module.padEnd(20)}${numbers}`);
  }
}
