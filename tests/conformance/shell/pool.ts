/** A few child processes that run cases; one that no longer answers is killed and replaced. */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { CASE_TIMEOUT, type Case, type Outcome } from "./case.ts";
import type { Order } from "./worker.ts";

/** The case's own timeout is the machine's to keep; past this the child itself hangs. */
const CHILD_TIMEOUT = 2 * CASE_TIMEOUT;

/** Runs every case, `width` at once, and tells of each as it ends. */
export async function runAll(
  cases: readonly Case[],
  root: string,
  width: number,
  told: (test: Case, outcome: Outcome) => void,
): Promise<void> {
  const waiting = [...cases].reverse();
  const lane = async () => {
    let child: ChildProcess | undefined;
    for (let test = waiting.pop(); test !== undefined; test = waiting.pop()) {
      child ??= await startChild();
      const outcome = await order(child, { test, root });
      told(test, outcome ?? { stdout: "", stderr: "", status: 0, trouble: "the machine hangs" });
      if (outcome === undefined) {
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
function order(child: ChildProcess, { test, root }: Order): Promise<Outcome | undefined> {
  return new Promise((settle) => {
    const end = (outcome: Outcome | undefined) => {
      clearTimeout(timer);
      child.removeAllListeners();
      settle(outcome);
    };
    const timer = setTimeout(() => end(undefined), CHILD_TIMEOUT);
    child.once("message", (outcome) => end(outcome as Outcome));
    child.once("exit", () => end(undefined));
    child.send({ test, root });
  });
}
