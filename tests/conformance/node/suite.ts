/** Which tests count (those that the host's own Node passes), and how our machines do on them. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { runAll } from "../pool.ts";
import { type Case, loadCheckouts } from "./checkout.ts";
import { ENGINE, sampleOf } from "./engines.ts";
import { gapOfNode } from "./expectations.ts";
import { HostNode } from "./host.ts";
import { type Judgement, judge, type Outcome } from "./outcome.ts";
import type { Job } from "./worker.ts";

/** One checkout or several, separated by colons. */
export const CHECKOUTS = "ISOPOD_NODE_TEST";
/** The Node to compare with; default: the one whose library we run. */
export const HOST_NODE = "ISOPOD_NODE_22";

const CACHE = join(import.meta.dirname, "../../../.cache/conformance");
const WIDTH = 2;
/** A machine's test may take this, and some times of what the host's took. */
const LIMIT_MS = 12_000;
const LIMIT_FACTOR = 8;
const LIMIT_MAX_MS = 90_000;
/** The test's limit is the machine's to keep; this much past it the child itself hangs. */
const GRACE_MS = 10_000;
const HUNG: Outcome = { output: "", status: 0, ms: 0, trouble: "the machine hangs" };

export interface Verdict extends Judgement {
  readonly id: string;
  readonly name: string;
  readonly set: string;
  readonly module: string;
  readonly ms: number;
}

export class Suite {
  readonly tests: readonly Case[];
  readonly host: HostNode;

  constructor(roots: readonly string[], node: string) {
    this.tests = loadCheckouts(roots);
    this.host = new HostNode(node);
  }

  static fromEnvironment(): Suite | undefined {
    const roots = process.env[CHECKOUTS];
    if (!roots) return undefined;
    const node = process.env[HOST_NODE];
    if (!node) throw new Error(`${HOST_NODE} must name the Node 22 to compare with`);
    return new Suite(roots.split(":"), node);
  }

  /** Those of `tests` that count by their source and pass on the host. */
  async counted(tests: readonly Case[]): Promise<Case[]> {
    const possible = tests.filter(({ outOfScope }) => outOfScope === undefined);
    const waiting = possible.filter((test) => !this.host.known(test)).values();
    let done = 0;
    const lane = async () => {
      for (const test of waiting) {
        await this.host.baseline(test);
        if (++done % 50 === 0) this.host.save();
      }
    };
    await Promise.all(Array.from({ length: WIDTH }, lane));
    if (done > 0) this.host.save();
    return possible.filter((test) => this.host.known(test)?.verdict === "pass");
  }

  /** What engines other than isolated-vm are held to: of what it passes, the same tests each time. */
  async sample(): Promise<Case[]> {
    return sampleOf(await this.counted(this.tests)).filter((test) => !gapOfNode(test));
  }

  /** Runs tests that count in machines. */
  async run(
    tests: readonly Case[],
    told: (verdict: Verdict, outcome: Outcome) => void,
    limit = LIMIT_MS,
  ): Promise<Verdict[]> {
    const verdicts: Verdict[] = [];
    const jobs = tests.map((test): Job => ({ test, limit: this.#limit(test, limit) }));
    await runAll<Job, Outcome>(jobs, {
      script: join(import.meta.dirname, "worker.ts"),
      width: WIDTH,
      limit: (job) => job.limit + GRACE_MS,
      told({ test }, outcome = HUNG) {
        const verdict = verdictOf(test, outcome);
        verdicts.push(verdict);
        told(verdict, outcome);
      },
    });
    return verdicts;
  }

  #limit(test: Case, least: number): number {
    const onHost = this.host.known(test)?.ms ?? 0;
    return Math.min(LIMIT_MAX_MS, least + LIMIT_FACTOR * onHost);
  }
}

export function verdictOf(test: Case, outcome: Outcome): Verdict {
  const { id, name, set, module } = test;
  return { id, name, set, module, ...judge(test, outcome), ms: Math.round(outcome.ms) };
}

/** What the last runs on this engine found, by id; a run of some tests replaces only those. */
export class Results {
  readonly #path = join(CACHE, `node-${ENGINE}.json`);
  readonly byId: Map<string, Verdict>;

  constructor() {
    const entries: [string, Verdict][] = existsSync(this.#path)
      ? JSON.parse(readFileSync(this.#path, "utf8"))
      : [];
    this.byId = new Map(entries);
  }

  /** Read again and merged, since another run may have written. */
  static add(verdicts: readonly Verdict[]): void {
    const results = new Results();
    for (const verdict of verdicts) {
      // Where there was no machine, nothing was found out.
      if (!verdict.why.startsWith("machine:")) results.byId.set(verdict.id, verdict);
    }
    mkdirSync(dirname(results.#path), { recursive: true });
    writeFileSync(results.#path, JSON.stringify([...results.byId]).replaceAll("}],", "}],\n"));
  }
}
