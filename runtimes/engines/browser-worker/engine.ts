/**
 * WebAssembly programs in a tab: a binary format of the kernel that runs each process in a worker of
 * its own, confined by the spawner's policy. One engine serves every machine of its kernel's worker.
 */
import {
  type BinaryFormat,
  Errno,
  type ExecutableFile,
  type Execution,
  type Gate,
  KernelError,
  type Program,
  type Scheduler,
} from "../../../kernel/index.ts";
import type { Exchange } from "../exchange.ts";
import type { Guests } from "../guests.ts";
import { ModuleCache } from "../module-cache.ts";
import type { RunningGuests } from "../running-guests.ts";
import type { GuestJob } from "../shared-memory/wasm-guest.ts";
import { DEFAULT_WASM_LIMITS, type WasmLimits } from "../wasm-limits.ts";
import { GuestPool } from "./guest-pool.ts";
import { GuestRun } from "./guest-run.ts";
import type { GuestRequest } from "./messages.ts";

export interface BrowserWorkerOptions {
  /** The spawner's worker, just started. */
  readonly spawner: Worker;
  /** The script of guest.ts. */
  readonly guestSource: string;
  readonly scheduler: Scheduler;
  readonly limits?: Partial<WasmLimits>;
  /** Those that this engine's run among. */
  readonly guests: Guests;
  /** Hears of faults that are the engine's or the kernel's own. */
  readonly onFault: (reason: unknown) => void;
}

const WASM_MAGIC = [0x00, 0x61, 0x73, 0x6d];

export class BrowserWorkerEngine implements BinaryFormat {
  readonly name = "wasm";
  readonly #options: BrowserWorkerOptions;
  readonly #exchange: Exchange;
  readonly #pool: GuestPool;
  readonly #modules: ModuleCache;
  readonly #runs: RunningGuests;

  constructor(options: BrowserWorkerOptions) {
    this.#options = options;
    this.#exchange = options.guests.exchange;
    this.#runs = options.guests.running;
    this.#modules = new ModuleCache({ ...DEFAULT_WASM_LIMITS, ...options.limits });
    this.#pool = new GuestPool(options.spawner, options.guestSource, options.scheduler);
  }

  /** Settles when the first guest is there and confined; rejects where guests cannot run here. */
  get ready(): Promise<void> {
    return this.#pool.ready;
  }

  matches(head: Uint8Array): boolean {
    return WASM_MAGIC.every((byte, i) => head[i] === byte);
  }

  load(file: ExecutableFile): Program {
    const { module } = this.#modules.get(file);
    return { start: (gate) => this.#start(module, gate) };
  }

  /** Guests that run now. */
  get size(): number {
    return this.#runs.size;
  }

  /** Resolves when no guest is left of those that run now. */
  settle(): Promise<void> {
    return this.#runs.settle();
  }

  /** Ends every guest, running or waiting. */
  dispose(): void {
    this.#pool.dispose();
  }

  #start(module: WebAssembly.Module, gate: Gate): Execution {
    const port = this.#exchange.open(gate);
    if (!port) throw new KernelError(Errno.EAGAIN);
    const { bell } = this.#exchange;
    const { argv, envp } = gate.process;
    const job: GuestJob = { memory: port.memory, bell, slot: port.slot, argv, envp };
    const request: GuestRequest = { module, job };
    const { scheduler, onFault } = this.#options;
    const run = new GuestRun({
      ...{ request, gate, port, scheduler, onFault },
      unwinds: true,
      pool: this.#pool,
    });
    this.#runs.add(run);
    return run;
  }
}
