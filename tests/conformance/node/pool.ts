/** A few child processes that run tests in machines; one that no longer answers is killed and replaced. */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import type { Case } from "./checkout.ts";
import type { Outcome } from "./outcome.ts";
import type { Order } from "./worker.ts";

/** The test's limit is the machine's to keep; this much past it the child itself hangs. */
const GRACE_MS = 10_000;
/** What a child's machines leave behind in it ends with it. */
const TESTS_PER_CHILD = 200;
/** What a child may take to close its host. */
const LEAVE_MS = 5000;

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
        await end(child);
        child = undefined;
      }
    }
    if (child) await end(child);
  };
  await Promise.all(Array.from({ length: width }, lane));
}

/** In a process group with the host that it may start for itself. */
async function startChild(): Promise<ChildProcess> {
  const child = fork(join(import.meta.dirname, "worker.ts"), {
    stdio: ["ignore", 2, 2, "ipc"],
    detached: true,
  });
  await once(child, "message");
  return child;
}

async function end(child: ChildProcess): Promise<void> {
  const gone = child.exitCode === null ? once(child, "exit") : undefined;
  if (child.connected) child.disconnect();
  await Promise.race([gone, setTimeout(LEAVE_MS, undefined, { ref: false })]);
  try {
    process.kill(-(child.pid as number), "SIGKILL");
  } catch {
    // The whole group has left.
  }
}

/** What the child answers; undefined: nothing in time, or it died. */
function order(child: ChildProcess, job: Order): Promise<Outcome | undefined> {
  return new Promise((settle) => {
    const end = (outcome: Outcome | undefined) => {
      clearTimeout(timer);
      child.removeAllListeners();
      settle(outcome);
    };
    const timer = globalThis.setTimeout(() => end(undefined), job.limit + GRACE_MS);
    child.once("message", (outcome) => end(outcome as Outcome));
    child.once("exit", () => end(undefined));
    child.send(job);
  });
}
