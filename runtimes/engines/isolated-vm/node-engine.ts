/**
 * Node programs on Node: `/usr/bin/node` of an image is a file that names this format, and each process
 * runs in an isolate that begins as a snapshot of the booted Node layer.
 */
import { setFlagsFromString } from "node:v8";
import ivm from "isolated-vm";
import {
  type BinaryFormat,
  Errno,
  type Execution,
  encodeUtf8,
  type Gate,
  KernelError,
  type Program,
} from "../../../kernel/index.ts";
import { NODE_MAGIC } from "../../node/magic.ts";
import type { ThreadSpec } from "../../node/threads.ts";
import type { Exchange } from "../exchange.ts";
import type { Guests } from "../guests.ts";
import type { ThreadGate } from "../process-threads.ts";
import type { RunningGuests } from "../running-guests.ts";
import { callback } from "./callback.ts";
import { CodeCache } from "./code-cache.ts";
import { GuestRun } from "./guest-run.ts";
import { heapLimit } from "./heap-limit.ts";
import { IsolatePool } from "./isolate-pool.ts";
import { lastWords } from "./last-words.ts";
import { defaultHeapMegabytes } from "./memory-limits.ts";
import type { NodeJob } from "./node-guest/guest.ts";
import { IsolateThreads } from "./node-threads.ts";

export interface NodeEngineOptions {
  /** The snapshot's bytes, and lib/'s text for what is not in it. */
  readonly snapshot: ArrayBuffer;
  /** The same for threads of worker_threads. */
  readonly workerSnapshot: () => Promise<ArrayBuffer>;
  readonly library: {
    readonly text: SharedArrayBuffer;
    /** Bytes of a module that lies behind the text's end, for the caller to keep. */
    large(id: string): ArrayBuffer;
  };
  /** Megabytes of JavaScript heap of one process. */
  readonly heapMegabytes?: number;
  /** Those that this engine's run among. */
  readonly guests: Guests;
  /** Hears of faults that are the engine's or the kernel's own. */
  readonly onFault: (reason: unknown) => void;
}

// Modules of Node programs are compiled in their isolates, where nobody bounds what a binary asks for.
setFlagsFromString("--wasm-max-mem-pages=32768");

// Each scavenge looks at every name and function that came from the snapshot, many more than a host's node
// has: a nursery that begins with 4 MB, not with 1, needs fewer. Small heaps have less all the same.
setFlagsFromString("--min-semi-space-size=4");

/** Isolates that wait. */
const FRESH = 2;
/** Bytes that guests take together from which on none waits: each takes as much as an idle process. */
const MUCH_MEMORY = 64 << 20;
/** Longer than a small program runs. */
const QUIET_MS = 50;
const MAGIC = encodeUtf8(NODE_MAGIC);

export class NodeEngine implements BinaryFormat {
  readonly name = "node";
  readonly #options: NodeEngineOptions;
  readonly #exchange: Exchange;
  readonly #pool: IsolatePool;
  readonly #runs: RunningGuests;
  readonly #code = new CodeCache();
  readonly #heapMegabytes: number;
  readonly #largeModule = callback((id: string) =>
    new ivm.ExternalCopy(this.#options.library.large(id), { transferOut: true }).copyInto({
      release: true,
      transferIn: true,
    }),
  );
  #workerPool: Promise<IsolatePool> | undefined;
  #isDisposed = false;

  constructor(options: NodeEngineOptions) {
    this.#options = options;
    this.#exchange = options.guests.exchange;
    this.#runs = options.guests.running;
    this.#heapMegabytes = options.heapMegabytes ?? defaultHeapMegabytes();
    this.#pool = this.#makePool(options.snapshot);
  }

  matches(head: Uint8Array): boolean {
    return MAGIC.every((byte, i) => head[i] === byte);
  }

  load(): Program {
    return { start: (gate) => this.#start(gate) };
  }

  /** Resolves when no guest's thread is left of those that run now. */
  async settle(): Promise<void> {
    const workerPool = await this.#workerPool;
    await Promise.all([this.#runs.settle(), this.#pool.settle(), workerPool?.settle()]);
  }

  /** Lets go of the isolates that wait; running guests are their kernels' to stop. */
  dispose(): void {
    this.#isDisposed = true;
    this.#pool.dispose();
    void this.#workerPool?.then((pool) => pool.dispose());
  }

  #start(gate: Gate): Execution {
    const threads = new IsolateThreads(gate.kernel, gate.process, (thread, spec) =>
      this.#startThread(thread, spec, threads),
    );
    const { argv, envp } = gate.process;
    const run = this.#launch(gate, this.#pool, { argv, envp, thread: undefined }, threads);
    return {
      stop() {
        run.stop();
        threads.stopAll();
      },
    };
  }

  async #startThread(
    gate: ThreadGate,
    thread: ThreadSpec,
    threads: IsolateThreads,
  ): Promise<GuestRun> {
    this.#workerPool ??= this.#makeWorkerPool();
    const pool = await this.#workerPool;
    const { argv, envp } = thread;
    return this.#launch(gate, pool, { argv, envp, thread }, threads);
  }

  async #makeWorkerPool(): Promise<IsolatePool> {
    const bytes = await this.#options.workerSnapshot();
    const pool = this.#makePool(bytes);
    if (this.#isDisposed) pool.dispose();
    return pool;
  }

  #makePool(snapshot: ArrayBuffer): IsolatePool {
    const pool = new IsolatePool({
      // Handed over as it is: nobody else needs it, and it is large.
      snapshot: () => new ivm.ExternalCopy(snapshot, { transferOut: true }),
      fresh: () => (this.#runs.memoryBytes > MUCH_MEMORY ? 0 : FRESH),
      heapMegabytes: this.#heapMegabytes,
      entry: "startNode",
      quietMilliseconds: QUIET_MS,
      prepare: ({ start, isolate }) => start.apply(undefined, [null, isolate]),
    });
    this.#runs.onLook(() => pool.trim());
    return pool;
  }

  /** Runs one thread of a process: its main one, or another. */
  #launch(
    gate: Gate,
    pool: IsolatePool,
    program: Pick<NodeJob, "argv" | "envp" | "thread">,
    threads: IsolateThreads,
  ): GuestRun {
    const port = this.#exchange.open(gate, true);
    if (!port) throw new KernelError(Errno.EAGAIN);
    const job: NodeJob = {
      memory: port.memory,
      bell: this.#exchange.bell,
      slot: port.slot,
      ...program,
      library: this.#options.library.text,
    };
    const guest = pool.take(gate.kernel, heapLimit(program, this.#heapMegabytes));
    const run = new GuestRun({
      ...{ gate, port, guest },
      args: [
        new ivm.ExternalCopy(job).copyInto(),
        guest.isolate,
        guest.context,
        ...this.#code.callbacks(gate.kernel),
        this.#largeModule,
        ivm,
        threads.lender(program.thread?.id ?? 0),
      ],
      unwinds: false,
      lastWords,
      takesTurns: true,
      onFault: this.#options.onFault,
    });
    this.#runs.add(run);
    return run;
  }
}
