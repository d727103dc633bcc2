/** A child of the runner: runs in machines of its own whatever test it is sent, one at a time. */
import type { Case } from "./checkout.ts";
import { runInMachine, warmUp } from "./machine.ts";
import type { Outcome } from "./outcome.ts";
import { closePlaces } from "./places.ts";

export interface Order {
  readonly test: Case;
  readonly limit: number;
}

process.on("message", async ({ test, limit }: Order) => {
  process.send?.(await attempt(test, limit));
});
process.on("disconnect", async () => {
  await closePlaces();
  process.exit();
});
await warmUp().catch((reason) => console.error(reason));
process.send?.("ready");

async function attempt(test: Case, limit: number): Promise<Outcome> {
  try {
    return await runInMachine(test, limit);
  } catch (error) {
    return { output: "", status: 0, ms: 0, trouble: `machine: ${String(error)}` };
  }
}
