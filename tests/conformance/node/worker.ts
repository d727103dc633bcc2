/** A child of the runner: runs in machines of its own whatever test it is sent. */
import { serve } from "../pool.ts";
import type { Case } from "./checkout.ts";
import { runInMachine, warmUp } from "./machine.ts";
import type { Outcome } from "./outcome.ts";
import { closePlaces } from "./places.ts";

export interface Job {
  readonly test: Case;
  readonly limit: number;
}

await warmUp().catch((reason) => console.error(reason));
serve(async ({ test, limit }: Job): Promise<Outcome> => {
  try {
    return await runInMachine(test, limit);
  } catch (error) {
    return { output: "", status: 0, ms: 0, trouble: `machine: ${String(error)}` };
  }
}, closePlaces);
