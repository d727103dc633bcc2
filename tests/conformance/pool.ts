/**
 * A few child processes that run tests in machines, one at a time each; one that no longer answers is
 * killed and replaced. A suite has a script for them, which calls `serve`.
 */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { setTimeout } from "node:timers/promises";

/** What a child's machines leave behind in it ends with it. */
const TESTS_PER_CHILD = 200;
/** What a child may take to close its host. */
const LEAVE_MS = 5000;

export interface Pool<Job, Outcome> {
  readonly script: string;
  /** How many children there are. */
  readonly width: number;
  /** Milliseconds in which a child answers, however late its machine is. */
  readonly limit: (job: Job) => number;
  /** Hears of each job as it ends; undefined: nothing came in time, or the child died. */
  readonly told: (job: Job, outcome: Outcome | undefined) => void;
}

/** Runs every job. */
export async function runAll<Job extends object, Outcome>(
  jobs: readonly Job[],
  { script, width, limit, told }: Pool<Job, Outcome>,
): Promise<void> {
  const waiting = [...jobs].reverse();
  const lane = async () => {
    let child: ChildProcess | undefined;
    let count = 0;
    for (let job = waiting.pop(); job !== undefined; job = waiting.pop()) {
      child ??= await startChild(script);
      const outcome = await order<Outcome>(child, job, limit(job));
      told(job, outcome);
      if (outcome === undefined || ++count % TESTS_PER_CHILD === 0) {
        await end(child);
        child = undefined;
      }
    }
    if (child) await end(child);
  };
  await Promise.all(Array.from({ length: width }, lane));
}

/** A child's side: answers each job, and closes what it has opened when the runner wants no more. */
export function serve<Job>(run: (job: Job) => Promise<object>, close: () => Promise<void>): void {
  process.on("message", async (job: Job) => process.send?.(await run(job)));
  process.on("disconnect", async () => {
    await close();
    process.exit();
  });
  process.send?.("ready");
}

/** In a process group with the host that it may start for itself. */
async function startChild(script: string): Promise<ChildProcess> {
  const child = fork(script, { stdio: ["ignore", 2, 2, "ipc"], detached: true });
  await Promise.race([once(child, "message"), once(child, "exit")]);
  if (child.exitCode !== null) throw new Error(`${script} ended before its first test`);
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

/** What the child answers. */
function order<Outcome>(
  child: ChildProcess,
  job: object,
  limit: number,
): Promise<Outcome | undefined> {
  return new Promise((settle) => {
    const end = (outcome: Outcome | undefined) => {
      clearTimeout(timer);
      child.removeAllListeners();
      settle(outcome);
    };
    const timer = globalThis.setTimeout(() => end(undefined), limit);
    child.once("message", (outcome) => end(outcome as Outcome));
    child.once("exit", () => end(undefined));
    child.send(job);
  });
}
