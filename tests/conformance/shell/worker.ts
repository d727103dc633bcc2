/** A child of the runner: runs in machines of its own whatever case it is sent, one at a time. */
import type { Case, Outcome } from "./case.ts";
import { runInMachine } from "./machine.ts";

export interface Order {
  readonly test: Case;
  readonly root: string;
}

process.on("message", async ({ test, root }: Order) => {
  process.send?.(await attempt(test, root));
});
process.send?.("ready");

async function attempt(test: Case, root: string): Promise<Outcome> {
  try {
    return await runInMachine(test, root);
  } catch (error) {
    return { stdout: "", stderr: "", status: 0, trouble: String(error) };
  }
}
