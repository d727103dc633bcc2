/**
 * The shell suites: where their checkouts are, which of their cases count (those that the host's own
 * bash passes), and how our shell does on them.
 */
import { join } from "node:path";
import { runAll } from "../pool.ts";
import { loadAsh, normalizeAsh } from "./ash.ts";
import { CASE_TIMEOUT, type Case, difference, type Outcome } from "./case.ts";
import { HostBash } from "./host.ts";
import { loadOils } from "./oils.ts";
import type { Job } from "./worker.ts";

export interface Suite {
  readonly name: "oils" | "ash";
  /** The environment variable that names the checkout. */
  readonly variable: string;
  readonly load: (root: string) => Case[];
  readonly normalize: (outcome: Outcome) => Outcome;
}

export const SUITES: readonly Suite[] = [
  {
    name: "oils",
    variable: "ISOPOD_OILS_SPEC",
    load: loadOils,
    normalize: (outcome) => outcome,
  },
  { name: "ash", variable: "ISOPOD_ASH_TEST", load: loadAsh, normalize: normalizeAsh },
];

export interface Verdict {
  readonly test: Case;
  readonly outcome: Outcome;
  /** What differs; undefined: it passes. */
  readonly problem: string | undefined;
}

const WIDTH = 2;
/** The case's own timeout is the machine's to keep; past this the child itself hangs. */
const CHILD_TIMEOUT = 2 * CASE_TIMEOUT;
const HUNG: Outcome = { stdout: "", stderr: "", status: 0, trouble: "the machine hangs" };

/** The cases that count and are `wanted`, each with how our shell did. */
export async function runSuite(
  suite: Suite,
  root: string,
  wanted: (test: Case) => boolean = () => true,
): Promise<Verdict[]> {
  const counted = await countedCases(suite, root, wanted);
  const verdicts = new Map<Case, Verdict>();
  const jobs = counted.map((test): Job => ({ test, root }));
  await runAll<Job, Outcome>(jobs, {
    script: join(import.meta.dirname, "worker.ts"),
    width: WIDTH,
    limit: () => CHILD_TIMEOUT,
    told({ test }, raw = HUNG) {
      const outcome = suite.normalize(raw);
      verdicts.set(test, { test, outcome, problem: difference(outcome, test.expected) });
    },
  });
  return counted.map((test) => verdicts.get(test)!);
}

/** Those that real bash passes, in the suite's order. */
async function countedCases(
  suite: Suite,
  root: string,
  wanted: (test: Case) => boolean,
): Promise<Case[]> {
  using host = new HostBash(suite.name, root);
  const waiting = suite.load(root).filter(wanted).entries();
  const counted: [number, Case][] = [];
  const lane = async () => {
    for (const [index, test] of waiting) {
      const outcome = suite.normalize(await host.run(test));
      if (difference(outcome, test.expected) === undefined) counted.push([index, test]);
    }
  };
  await Promise.all(Array.from({ length: 2 * WIDTH }, lane));
  return counted.sort(([a], [b]) => a - b).map(([, test]) => test);
}
