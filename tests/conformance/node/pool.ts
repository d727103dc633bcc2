/** A few child processes that run tests in machines; one that no longer answers is killed and replaced. */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import type { Case } from "./checkout.ts";
import type { Outcome } from "./outcome.ts";
import type { Order } from "./worker.ts";

/** The test's limit is the machine's to keep; this much past it the child itself hangs. */
const GRACE_MS = 10_000;
/** What a child's machines leave behind in it ends with it. */
const TESTS_PER_CHILD = 200;

export interface Job {
  readonly test: Case;
  readonly limit: number;
}

/** Runs every job, `width` at once, and tells of each as it ends. */
export async function runAll(
  jobs: readonly Job[],
  width: number,
  told: (test: Case, outcome: Outcome) => void,
): Promise<void> {
  const waiting = [...jobs].reverse();
  const lane = async () => {
    let child: ChildProcess | undefined;
    let count = 0;
    for (let job = waiting.pop(); job !== undefined; job = waiting.pop()) {
      child ??= await startChild();
      const outcome = await order(child, job);
      told(job.test, outcome ?? { output: "", status: 0, ms: 0, trouble: "the machine hangs" });
      if (outcome === undefined || ++count % TESTS_PER_CHILD === 0) {
        child.kill("SIGKILL");
        child = undefined;
      }
    }
    child?.kill("SIGKILL");
  };
  await Promise.all(Array.from({ length: width }, lane));
}

async function startChild(): Promise<ChildProcess> {
  const child = fork(join(import.meta.dirname, "worker.ts"), { stdio: ["ignore", 2, 2, "ipc"] });
  await once(child, "message");
  return child;
}

/** What the child answers; undefined: nothing in time, or it died. */
function order(child: ChildProcess, job: Order): Promise<Outcome | undefined> {
  return new Promise((settle) => {
    const end = (outcome: Outcome | undefined) => {
      clearTimeout(timer);
      child.removeAllListeners();
      settle(outcome);
    };
    const timer = setTimeout(() => end(undefined), job.limit + GRACE_MS);
    child.once("message", (outcome) => end(outcome as Outcome));
    child.once("exit", () => end(undefined));
    child.send(job);
  });
}
