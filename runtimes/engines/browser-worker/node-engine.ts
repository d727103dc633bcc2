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
} from "../../../kernel/index.ts";
import type { PackedLibrary } from "../../node/library.ts";
import { NODE_MAGIC } from "../../node/magic.ts";
import type { Exchange } from "../exchange.ts";
import type { Guests } from "../guests.ts";
import { ProcessThreads } from "../process-threads.ts";
import type { RunningGuests } from "../running-guests.ts";
import { GuestPool } from "./guest-pool.ts";
import { GuestRun } from "./guest-run.ts";
import type { NodeGuestLibrary, NodeGuestRequest, ThreadCall } from "./node-guest/messages.ts";
import { makeStock } from "./node-guest/shared-memory.ts";

type ThreadProgram = Pick<NodeGuestRequest, "argv" | "envp" | "thread">;

export interface BrowserNodeOptions {
  /** Starts a spawner's worker. */
  readonly spawner: () => Worker;
  /** The script of node-guest/loader.ts. */
  readonly loaderSource: string;
  readonly library: PackedLibrary;
  readonly scheduler: Scheduler;
  /** Those that this engine's run among. */
  readonly guests: Guests;
  /** Hears of faults that are the engine's or the kernel's own. */
  readonly onFault: (reason: unknown) => void;
}

/** Guests that wait with lib/ booted: each holds some ten megabytes. */
const FRESH = 2;
/** The same of guests for threads, from the first one on. */
const FRESH_THREADS = 1;
const MAIN_THREAD = 0;
const MAGIC = encodeUtf8(NODE_MAGIC);

export class BrowserNodeEngine implements BinaryFormat {
  readonly name = "node";
  readonly #options: BrowserNodeOptions;
  readonly #exchange: Exchange;
  readonly #pool: GuestPool;
  /** Guests for threads of worker_threads, once there are any. */
  #threadPool: GuestPool | undefined;
  readonly #runs: RunningGuests;

  constructor(options: BrowserNodeOptions) {
    this.#options = options;
    this.#exchange = options.guests.exchange;
    this.#runs = options.guests.running;
    this.#pool = this.#makePool(false, FRESH);
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
  settle(): Promise<void> {
    return this.#runs.settle();
  }

  /** Ends every guest, running or waiting. */
  dispose(): void {
    this.#pool.dispose();
    this.#threadPool?.dispose();
  }

  #makePool(isWorkerThread: boolean, fresh: number): GuestPool {
    const { spawner, loaderSource, scheduler, library } = this.#options;
    const data: NodeGuestLibrary = { ...library, isWorkerThread };
    return new GuestPool(spawner(), loaderSource, scheduler, { fresh, data });
  }

  #start(gate: Gate): Execution {
    const stock = makeStock();
    const launch = (gate: Gate, pool: GuestPool, program: ThreadProgram): GuestRun =>
      this.#launch(gate, pool, { ...program, stock }, (call) => {
        if (call.do === "start") threads.begin(call.spec);
        else if (call.do === "stop") threads.stop(call.id);
        else if (call.do === "hold")
          threads.hold(program.thread?.id ?? MAIN_THREAD, call.fd, call.on);
        else threads.ended(program.thread?.id ?? MAIN_THREAD, { code: call.code });
      });
    const threads = new ProcessThreads(gate.kernel, gate.process, async (gate, thread) => {
      this.#threadPool ??= this.#makePool(true, FRESH_THREADS);
      const { argv, envp } = thread;
      return launch(gate, this.#threadPool, { argv, envp, thread });
    });
    const { argv, envp } = gate.process;
    const run = launch(gate, this.#pool, { argv, envp, thread: undefined });
    return {
      stop() {
        run.stop();
        threads.stopAll();
      },
    };
  }

  /** Runs one thread of a process: its main one, or another. */
  #launch(
    gate: Gate,
    pool: GuestPool,
    program: Pick<NodeGuestRequest, "argv" | "envp" | "thread" | "stock">,
    onThreadCall: (call: ThreadCall) => void,
  ): GuestRun {
    const port = this.#exchange.open(gate, true);
    if (!port) throw new KernelError(Errno.EAGAIN);
    const { bell } = this.#exchange;
    const request: NodeGuestRequest = { memory: port.memory, bell, slot: port.slot, ...program };
    const { scheduler, onFault } = this.#options;
    const run = new GuestRun({
      ...{ request, gate, port, pool, scheduler, onFault, onThreadCall },
      unwinds: false,
    });
    this.#runs.add(run);
    return run;
  }
}
