/**
 * The kernel Worker: started when the first machine is made, shared by all, and no reason for the
 * process to stay alive but while a call is under way. Should it die, every call of every machine
 * rejects, and the next machine gets a new one.
 */

import { Worker } from "node:worker_threads";
import { FarThread } from "./far-thread.ts";
import type { KernelThread } from "./kernel-thread.ts";
import { beforeExit } from "./leave-process.ts";
import type { Farewell } from "./worker-messages.ts";

/** How long the end of the process waits for guests to be torn down. */
const FAREWELL_MS = 500;

/** A machine's garbage is short-lived; V8's default lets it spread over 48 MB before it is collected. */
const YOUNG_GENERATION_MB = 8;

export interface WorkerData {
  /** [0] becomes 1 when the Worker has let go of everything after a Farewell. */
  readonly farewell: Int32Array;
}

export function workerThread(): KernelThread {
  if (!shared || shared.dead) shared = new WorkerThread();
  return shared;
}

let shared: WorkerThread | undefined;

class WorkerThread extends FarThread {
  readonly #worker: Worker;
  readonly #farewell: Int32Array;

  constructor() {
    const farewell = new Int32Array(new SharedArrayBuffer(4));
    const workerData: WorkerData = { farewell };
    const worker = new Worker(new URL("../kernel-worker.ts", import.meta.url), {
      workerData,
      name: "isopod-kernel",
      execArgv: [],
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_GENERATION_MB },
    });
    super(worker);
    this.#worker = worker;
    this.#farewell = farewell;
    const stay = beforeExit(() => this.#sayFarewell());
    worker.on("error", (error: Error) => this.died(error));
    worker.on("exit", (status) => {
      stay();
      this.died(new Error(`its thread ended with status ${status}`));
    });
  }

  protected wordsOf({ message }: Error): string {
    return `the kernel Worker died, and every machine with it: ${message}`;
  }

  /** Guests must be gone before the process tears its threads down: V8 aborts otherwise. */
  #sayFarewell(): void {
    if (this.dead) return;
    const message: Farewell = { farewell: true };
    this.#worker.postMessage(message);
    Atomics.wait(this.#farewell, 0, 0, FAREWELL_MS);
  }
}
