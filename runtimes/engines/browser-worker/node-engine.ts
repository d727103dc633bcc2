/**
 * Node programs in a tab: a binary format of the kernel that runs each process in a worker of its own.
 * Guests boot lib/ while they wait, since a browser has no snapshots, and none runs a second program.
 */
import {
  type BinaryFormat,
  Errno,
  type Execution,
  encodeUtf8,
  type Gate,
  KernelError,
  type Program,
  type Scheduler,
  type Timer,
} from "../../../kernel/index.ts";
import { NODE_MAGIC } from "../../node/magic.ts";
import { Exchange } from "../exchange.ts";
import { type MemoryLimits, MemoryWatch } from "../memory-watch.ts";
import { GuestPool } from "./guest-pool.ts";
import { GuestRun } from "./guest-run.ts";
import type { NodeGuestLibrary, NodeGuestRequest } from "./node-guest/messages.ts";

export interface BrowserNodeOptions {
  /** A spawner's worker, just started, for these guests alone. */
  readonly spawner: Worker;
  /** The script of node-guest/loader.ts. */
  readonly loaderSource: string;
  readonly library: NodeGuestLibrary;
  readonly scheduler: Scheduler;
  readonly memory: MemoryLimits;
  /** Hears of faults that are the engine's or the kernel's own. */
  readonly onFault: (reason: unknown) => void;
}

/** Guests that wait with lib/ booted: each holds some ten megabytes. */
const FRESH = 2;
/** Milliseconds between two looks at how much time and memory guests have used. */
const LOOK_MS = 200;
const MAGIC = encodeUtf8(NODE_MAGIC);

export class BrowserNodeEngine implements BinaryFormat {
  readonly name = "node";
  readonly #options: BrowserNodeOptions;
  readonly #exchange: Exchange;
  readonly #pool: GuestPool;
  readonly #runs = new Set<GuestRun>();
  readonly #memory: MemoryWatch;
  #looking: Timer | undefined;

  constructor(options: BrowserNodeOptions) {
    const { spawner, loaderSource, scheduler, library } = options;
    this.#options = options;
    this.#exchange = new Exchange(options);
    this.#memory = new MemoryWatch(options.memory);
    this.#pool = new GuestPool(spawner, loaderSource, scheduler, { fresh: FRESH, data: library });
  }

  /** Settles when the first guest is there and confined; rejects where guests cannot run here. */
  get ready(): Promise<void> {
    return this.#pool.ready;
  }

  matches(head: Uint8Array): boolean {
    return MAGIC.every((byte, i) => head[i] === byte);
  }

  load(): Program {
    return { start: (gate) => this.#start(gate) };
  }

  /** Resolves when no guest is left of those that run now. */
  async settle(): Promise<void> {
    await Promise.all([...this.#runs].map(({ done }) => done));
  }

  /** Ends every guest, running or waiting. */
  dispose(): void {
    this.#pool.dispose();
  }

  #start(gate: Gate): Execution {
    const port = this.#exchange.open(gate);
    if (!port) throw new KernelError(Errno.EAGAIN);
    const { bell } = this.#exchange;
    const { argv, envp } = gate.process;
    const request: NodeGuestRequest = { memory: port.memory, bell, slot: port.slot, argv, envp };
    const { scheduler, onFault } = this.#options;
    const run = new GuestRun({
      ...{ request, gate, port, scheduler, onFault },
      unwinds: false,
      pool: this.#pool,
    });
    this.#runs.add(run);
    void run.done.then(() => this.#ended(run));
    this.#looking ??= scheduler.setTimer(this.#look, LOOK_MS);
    return run;
  }

  readonly #look = (): void => {
    for (const run of this.#runs) run.charge();
    this.#memory.look(this.#runs);
    const { scheduler } = this.#options;
    this.#looking = this.#runs.size > 0 ? scheduler.setTimer(this.#look, LOOK_MS) : undefined;
  };

  #ended(run: GuestRun): void {
    this.#runs.delete(run);
    if (this.#runs.size > 0) return;
    this.#looking?.cancel();
    this.#looking = undefined;
  }
}
