/** The end of all that runs in a machine which goes elsewhere: shells write their history first. */
import type { KernelThread } from "../../thread/kernel-thread.ts";

/** What processes get to end in. */
const HANG_UP_MS = 2_000;
const HANG_UP_STEP_MS = 20;

/** Asks every process to end, as a closed terminal does, and waits a while for them. */
export async function hangUp(thread: KernelThread, id: number): Promise<void> {
  for (let waited = 0; waited < HANG_UP_MS; waited += HANG_UP_STEP_MS) {
    const processes = await thread.request(id, "machine", "processes", []);
    const alive = processes.filter(({ state }) => state !== "zombie");
    if (alive.length === 0) return;
    if (waited === 0) {
      for (const { pid } of alive) {
        for (const signal of ["SIGHUP", "SIGCONT"]) {
          await thread.request(id, "machine", "kill", [pid, signal]).catch(() => {});
        }
      }
    }
    await new Promise((resolve) => setTimeout(resolve, HANG_UP_STEP_MS));
  }
}
