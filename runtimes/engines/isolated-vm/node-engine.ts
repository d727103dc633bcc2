/**
 * Node programs on Node: `/usr/bin/node` of an image is a file that names this format, and each process
 * runs in an isolate that begins as a snapshot of the booted Node layer.
 */
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
import { Exchange, type ExchangeOptions } from "../exchange.ts";
import { type MemoryLimits, MemoryWatch } from "../memory-watch.ts";
import { CodeCache } from "./code-cache.ts";
import { GuestRun } from "./guest-run.ts";
import { IsolatePool } from "./isolate-pool.ts";
import { defaultMemoryLimits } from "./memory-limits.ts";
import type { NodeJob } from "./node-guest/guest.ts";

export interface NodeEngineOptions extends ExchangeOptions {
  /** The snapshot's bytes, and lib/'s text for what is not in it. */
  readonly snapshot: ArrayBuffer;
  readonly library: SharedArrayBuffer;
  /** Megabytes of JavaScript heap of one process. */
  readonly heapMegabytes?: number;
  readonly memory?: Partial<MemoryLimits>;
}

const DEFAULT_HEAP_MB = 2048;
/** Milliseconds between two looks at how much time and memory guests have used. */
const LOOK_MS = 200;
const MAGIC = encodeUtf8(NODE_MAGIC);

export class NodeEngine implements BinaryFormat {
  readonly name = "node";
  readonly #options: NodeEngineOptions;
  readonly #exchange: Exchange;
  readonly #pool: IsolatePool;
  readonly #runs = new Set<GuestRun>();
  readonly #memory: MemoryWatch;
  readonly #code = new CodeCache();
  #looking: NodeJS.Timeout | undefined;

  constructor(options: NodeEngineOptions) {
    this.#options = options;
    this.#exchange = new Exchange(options);
    this.#memory = new MemoryWatch({ ...defaultMemoryLimits(), ...options.memory });
    this.#pool = new IsolatePool({
      snapshot: () => new ivm.ExternalCopy(options.snapshot),
      heapMegabytes: options.heapMegabytes ?? DEFAULT_HEAP_MB,
      entry: "startNode",
    });
  }

  matches(head: Uint8Array): boolean {
    return MAGIC.every((byte, i) => head[i] === byte);
  }

  load(): Program {
    return { start: (gate) => this.#start(gate) };
  }

  /** Resolves when no guest's thread is left of those that run now. */
  async settle(): Promise<void> {
    await Promise.all([...this.#runs].map(({ done }) => done));
  }

  /** Lets go of the isolates that wait; running guests are their kernels' to stop. */
  dispose(): void {
    this.#pool.dispose();
  }

  #start(gate: Gate): Execution {
    const port = this.#exchange.open(gate);
    if (!port) throw new KernelError(Errno.EAGAIN);
    const { argv, envp } = gate.process;
    const job: NodeJob = {
      memory: port.memory,
      bell: this.#exchange.bell,
      slot: port.slot,
      ...{ argv, envp },
      library: this.#options.library,
    };
    const guest = this.#pool.take(gate.kernel);
    const run = new GuestRun({
      ...{ gate, port, guest },
      args: [
        new ivm.ExternalCopy(job).copyInto(),
        guest.isolate,
        guest.context,
        ...this.#code.callbacks(gate.kernel),
      ],
      unwinds: false,
      takesTurns: true,
      onFault: this.#options.onFault,
    });
    this.#runs.add(run);
    void run.done.then(() => this.#ended(run));
    this.#looking ??= setInterval(() => this.#look(), LOOK_MS).unref();
    return run;
  }

  #look(): void {
    for (const run of this.#runs) run.charge();
    this.#memory.look(this.#runs);
  }

  #ended(run: GuestRun): void {
    this.#runs.delete(run);
    if (this.#runs.size > 0) return;
    clearInterval(this.#looking);
    this.#looking = undefined;
  }
}
