/** A child of the runner: runs in machines of its own whatever case it is sent. */
import { serve } from "../pool.ts";
import type { Case, Outcome } from "./case.ts";
import { closeHost, runInMachine } from "./machine.ts";

export interface Job {
  readonly test: Case;
  readonly root: string;
}

serve(async ({ test, root }: Job): Promise<Outcome> => {
  try {
    return await runInMachine(test, root);
  } catch (error) {
    return { stdout: "", stderr: "", status: 0, trouble: String(error) };
  }
}, closeHost);
