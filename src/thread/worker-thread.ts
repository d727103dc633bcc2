/**
 * The kernel Worker: started when the first machine is made, shared by all, and no reason for the
 * process to stay alive but while a call is under way. Should it die, every call of every machine
 * rejects, and the next machine gets a new one.
 */

import { Worker } from "node:worker_threads";
import { type Remote, wrap } from "comlink";
import { IsopodError } from "../errors.ts";
import { type Ask, NearEmbedders } from "./embedder-calls.ts";
import type { KernelThread } from "./kernel-thread.ts";
import { beforeExit } from "./leave-process.ts";
import { nodeEndpoint } from "./node-endpoint.ts";
import type { Fault, Trace, WorkerService } from "./worker-messages.ts";

/** How long the end of the process waits for guests to be torn down. */
const FAREWELL_MS = 500;

/** A machine's garbage is short-lived; V8's default lets it spread over 48 MB before it is collected. */
const YOUNG_GENERATION_MB = 8;

/** Messages that are not comlink's. */
export interface WorkerData {
  /** [0] becomes 1 when the Worker has let go of everything after a Farewell. */
  readonly farewell: Int32Array;
}
export interface Farewell {
  readonly farewell: true;
}

export function workerThread(): KernelThread {
  if (!shared || shared.dead) shared = new WorkerThread();
  return shared;
}

let shared: WorkerThread | undefined;

class WorkerThread implements KernelThread {
  readonly #worker: Worker;
  readonly #service: Remote<WorkerService>;
  readonly #embedders = new NearEmbedders();
  readonly #tracers = new Map<number, (lines: string[]) => void>();
  readonly #farewell = new Int32Array(new SharedArrayBuffer(4));
  /** Rejects each call that is under way. */
  readonly #pending = new Set<(reason: unknown) => void>();
  #death: IsopodError | undefined;

  constructor() {
    const workerData: WorkerData = { farewell: this.#farewell };
    this.#worker = new Worker(new URL("../kernel-worker.ts", import.meta.url), {
      workerData,
      name: "isopod-kernel",
      execArgv: [],
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_GENERATION_MB },
    });
    this.#worker.unref();
    this.#service = wrap<WorkerService>(nodeEndpoint(this.#worker));
    const stay = beforeExit(() => this.#sayFarewell());
    this.#worker.on("error", (error) => this.#died(error));
    this.#worker.on("message", (message: Partial<Fault & Trace & Ask>) => {
      const { fault, trace, lines = [] } = message;
      if (this.#embedders.hear(message, (answer) => this.#worker.postMessage(answer))) return;
      if (fault !== undefined) this.#died(new Error(fault));
      else if (trace !== undefined) this.#tracers.get(trace)?.(lines);
    });
    this.#worker.on("exit", (status) => {
      stay();
      this.#died(new Error(`its thread ended with status ${status}`));
    });
  }

  get dead(): boolean {
    return this.#death !== undefined;
  }

  create: KernelThread["create"] = (options, embedder) =>
    this.#call(() => this.#service.create(options, embedder && this.#embedders.add(embedder)));

  request: KernelThread["request"] = (id, part, name, args) =>
    this.#call(() => this.#service.request(id, part, name as never, args as never) as never);

  trace: KernelThread["trace"] = async (id, listener) => {
    if (listener) this.#tracers.set(id, listener);
    // Its lines come before the answer that ends it.
    await this.#call(() => this.#service.trace(id, listener !== undefined));
    if (!listener) this.#tracers.delete(id);
  };

  dispose: KernelThread["dispose"] = async (id) => {
    // A machine whose kernel died is gone already.
    this.#tracers.delete(id);
    if (this.#death) return;
    await this.#call(() => this.#service.dispose(id)).catch((reason) => {
      if (!this.#death) throw reason;
    });
  };

  #call<T>(work: () => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      if (this.#death) return reject(this.#death);
      if (this.#pending.size === 0) this.#worker.ref();
      this.#pending.add(reject);
      const settle = () => {
        this.#pending.delete(reject);
        if (this.#pending.size === 0) this.#worker.unref();
      };
      work().then(
        (value) => {
          settle();
          resolve(value);
        },
        (reason) => {
          settle();
          reject(reason);
        },
      );
    });
  }

  #died(cause: unknown): void {
    if (this.#death) return;
    const why = cause instanceof Error ? cause.message : String(cause);
    const message = `the kernel Worker died, and every machine with it: ${why}`;
    this.#death = new IsopodError("ERR_KERNEL_DIED", message, { cause });
    for (const reject of this.#pending) reject(this.#death);
    this.#pending.clear();
  }

  /** Guests must be gone before the process tears its threads down: V8 aborts otherwise. */
  #sayFarewell(): void {
    if (this.#death) return;
    const message: Farewell = { farewell: true };
    this.#worker.postMessage(message);
    Atomics.wait(this.#farewell, 0, 0, FAREWELL_MS);
  }
}
