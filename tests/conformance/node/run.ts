/**
 * `node tests/conformance/node/run.ts [module, file or folder/name ...]`: runs Node's own tests, or some of
 * them, in machines, and prints how many of those that the host's Node passes we pass.
 *
 *   --show       what each test printed, as it ends
 *   --failed     only those that failed when they were last run
 *   --missing    only those of which there is no result yet
 *   --set NAME   only those of one checkout (v20.11.1)
 *   --sample     only the sample that engines other than isolated-vm are held to (ISOPOD_HOST: engines.ts)
 *   --host       run them on the host's Node instead, and remember nothing
 *   --baseline   only find out which tests count
 *   --table      run nothing: the table of the last results
 *   --compatibility  run nothing: write COMPATIBILITY.md of the last results
 *   --limit MS   how long a test may take, beside what it takes on the host (default: 12000)
 *   --json PATH  what was found, as JSON
 */
import { writeFileSync } from "node:fs";
import { basename, resolve } from "node:path";
import { parseArgs } from "node:util";
import type { Case } from "./checkout.ts";
import { compatibilityPage } from "./compatibility.ts";
import { expectationOf } from "./expectations.ts";
import type { Outcome } from "./outcome.ts";
import { CHECKOUTS, HOST_NODE, Results, Suite, type Verdict, verdictOf } from "./suite.ts";
import { printTable, rowsOf } from "./table.ts";

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    show: { type: "boolean" },
    failed: { type: "boolean" },
    missing: { type: "boolean" },
    set: { type: "string" },
    sample: { type: "boolean" },
    host: { type: "boolean" },
    baseline: { type: "boolean" },
    table: { type: "boolean" },
    compatibility: { type: "boolean" },
    limit: { type: "string" },
    json: { type: "string" },
  },
});

const suite = Suite.fromEnvironment();
if (!suite) {
  console.error(`${CHECKOUTS} must name a checkout of Node's tests, ${HOST_NODE} a Node 22`);
  process.exit(2);
}
const before = new Results().byId;
const tests = values.sample ? await suite.sample() : suite.tests;
const wanted = tests.filter(isWanted);
if (wanted.length === 0) {
  console.error(`no test is ${positionals.join(" or ")}`);
  process.exit(2);
}

if (values.host) await runOnHost();
else if (values.compatibility) await writeCompatibility();
else if (values.table || values.baseline) {
  const counted = await suite.counted(wanted);
  if (values.baseline) tellLeftOut();
  printTable(rowsOf(counted, before));
} else await runInMachines();
process.exit();

function isWanted(test: Case): boolean {
  if (values.set && test.set !== values.set) return false;
  if (values.failed && before.get(test.id)?.verdict !== "fail") return false;
  if (values.missing && before.has(test.id)) return false;
  const names = [
    test.module,
    test.name,
    test.id,
    basename(test.name),
    basename(test.path),
    test.path,
  ];
  return positionals.length === 0 || positionals.some((name) => names.includes(name));
}

async function runInMachines(): Promise<void> {
  const counted = await suite!.counted(wanted);
  if (counted.length < wanted.length && wanted.length < 10) tellLeftOut();
  const fresh: Verdict[] = [];
  const told = (verdict: Verdict, outcome: Outcome) => {
    tell(verdict, outcome);
    fresh.push(verdict);
    if (fresh.length >= 20) Results.add(fresh.splice(0));
  };
  const verdicts = await suite!.run(counted, told, values.limit ? Number(values.limit) : undefined);
  Results.add(fresh);
  const results = new Map(verdicts.map((verdict) => [verdict.id, verdict]));
  printTable(rowsOf(counted, results));
  for (const verdict of verdicts) {
    const expectation = expectationOf(verdict);
    if (verdict.verdict !== "pass" && !expectation) process.exitCode = 1;
    if (verdict.verdict === "pass" && expectation && expectation.category !== "timing") {
      console.log(`stale expectation: ${verdict.id}`);
      process.exitCode = 1;
    }
  }
  if (values.json) writeFileSync(values.json, JSON.stringify(verdicts, null, 1));
}

async function writeCompatibility(): Promise<void> {
  const { tests, host } = suite!;
  const page = compatibilityPage(host.version, tests, await suite!.counted(tests), before);
  writeFileSync(resolve(import.meta.dirname, "../../../COMPATIBILITY.md"), page);
}

async function runOnHost(): Promise<void> {
  for (const test of wanted) {
    const outcome = await suite!.host.run(test);
    tell(verdictOf(test, outcome), outcome);
  }
}

function tell(verdict: Verdict, outcome: Outcome): void {
  const why = verdict.why === "" ? "" : `  ${verdict.why}`;
  console.log(`${verdict.verdict} ${verdict.id} (${verdict.ms} ms)${why}`);
  if (values.show) console.log(outcome.output.replace(/^/gm, "    "));
}

/** How many of the wanted tests do not count, by reason. */
function tellLeftOut(): void {
  const reasons = wanted.map((test) => {
    const known = suite!.host.known(test);
    if (test.outOfScope) return `needs or is about: ${test.outOfScope}`;
    return known?.verdict === "pass" ? undefined : `${known?.verdict}s on the host`;
  });
  for (const [reason, all] of Map.groupBy(reasons, (reason) => reason)) {
    if (reason) console.log(`${String(all.length).padStart(5)} do not count: ${reason}`);
  }
}
