/**
 * `node tests/conformance/shell/run.ts oils|ash [file or file: case ...] [--verbose] [--json PATH]`:
 * runs a suite, or some files of it, and prints how many of the cases that bash passes we pass.
 */
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { expectationOf } from "./expectations.ts";
import { runSuite, SUITES, type Verdict } from "./suites.ts";

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { verbose: { type: "boolean", short: "v" }, json: { type: "string" } },
});
const [name, ...files] = positionals;
const suite = SUITES.find((entry) => entry.name === name);
const root = suite && process.env[suite.variable];
if (!suite || !root) {
  const known = SUITES.map((entry) => `${entry.name} (${entry.variable})`).join(", ");
  console.error(
    `usage: run.ts SUITE [FILE...], with the variable that names its checkout: ${known}`,
  );
  process.exit(2);
}

const verdicts = await runSuite(
  suite,
  root,
  (test) => files.length === 0 || files.some((file) => test.file === file || test.id === file),
);
if (values.verbose) for (const verdict of verdicts) if (verdict.problem) explain(verdict);
printTable(verdicts);
for (const { test, problem } of verdicts) {
  const expectation = expectationOf(suite.name, test.id);
  if (problem && !expectation) console.log(`unexpected failure: ${test.id}`);
  if (!problem && expectation && expectation.category !== "timing")
    console.log(`stale expectation: ${test.id}`);
}
if (values.json) writeFileSync(values.json, JSON.stringify(verdicts, null, 1));
process.exit(0);

function explain({ test, outcome, problem }: Verdict): void {
  const code = test.stdin === undefined ? "" : `${readable(test.stdin)}\n`;
  const said = outcome.stderr ? `stderr: ${readable(outcome.stderr)}\n` : "";
  console.log(`#### ${test.id}\n${code}--- ${readable(problem!)}\n${said}`);
}

function readable(text: string): string {
  return Buffer.from(text, "latin1").toString("utf8").trimEnd();
}

function printTable(all: readonly Verdict[]): void {
  const groups = Map.groupBy(all, ({ test }) => test.file);
  for (const [file, group] of [...groups, ["total", all] as const]) {
    const passed = group.filter(({ problem }) => problem === undefined).length;
    const percent = ((100 * passed) / group.length).toFixed(1);
    console.log(
      `${file.padEnd(24)} ${`${passed}/${group.length}`.padStart(10)} ${percent.padStart(6)} %`,
    );
  }
}
