/**
 * WebAssembly programs on Node: a binary format of the kernel that runs each process in an isolate of
 * its own, on a thread of isolated-vm's. One engine serves every machine of its kernel thread.
 */
import ivm from "isolated-vm";
import {
  type BinaryFormat,
  Errno,
  type ExecutableFile,
  type Execution,
  type Gate,
  KernelError,
  type Program,
} from "../../../kernel/index.ts";
import type { Exchange } from "../exchange.ts";
import type { Guests } from "../guests.ts";
import { ModuleCache } from "../module-cache.ts";
import type { RunningGuests } from "../running-guests.ts";
import type { GuestJob } from "../shared-memory/wasm-guest.ts";
import { DEFAULT_WASM_LIMITS, type WasmLimits } from "../wasm-limits.ts";
import { GuestRun } from "./guest-run.ts";
import { IsolatePool } from "./isolate-pool.ts";

export interface IsolatedVmOptions {
  /** The guest bundle, one script: shared-memory/wasm-guest.ts with all that it imports. */
  readonly guestSource: string;
  readonly limits?: Partial<WasmLimits>;
  /** Those that this engine's run among. */
  readonly guests: Guests;
  /** Hears of faults that are the engine's or the kernel's own. */
  readonly onFault: (reason: unknown) => void;
}

/** Of the WASI layer: a program's own memory lies outside of the heap. */
const HEAP_MB = 64;
const WASM_MAGIC = [0x00, 0x61, 0x73, 0x6d];

export class IsolatedVmEngine implements BinaryFormat {
  readonly name = "wasm";
  readonly #onFault: (reason: unknown) => void;
  readonly #exchange: Exchange;
  readonly #pool: IsolatePool;
  readonly #modules: ModuleCache;
  readonly #runs: RunningGuests;

  constructor(options: IsolatedVmOptions) {
    this.#onFault = options.onFault;
    this.#exchange = options.guests.exchange;
    this.#runs = options.guests.running;
    this.#modules = new ModuleCache({ ...DEFAULT_WASM_LIMITS, ...options.limits });
    const code = options.guestSource;
    this.#pool = new IsolatePool({
      snapshot: () => ivm.Isolate.createSnapshot([{ code, filename: "isopod:guest" }]),
      heapMegabytes: HEAP_MB,
      entry: "startGuest",
    });
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

  /** Resolves when no guest's thread is left of those that run now. */
  settle(): Promise<void> {
    return this.#runs.settle();
  }

  /** Lets go of the isolates that wait; running guests are their kernels' to stop. */
  dispose(): void {
    this.#pool.dispose();
  }

  #start(module: WebAssembly.Module, gate: Gate): Execution {
    const port = this.#exchange.open(gate);
    if (!port) throw new KernelError(Errno.EAGAIN);
    const { bell } = this.#exchange;
    const { argv, envp } = gate.process;
    const job: GuestJob = { memory: port.memory, bell, slot: port.slot, argv, envp };
    const run = new GuestRun({
      ...{ gate, port },
      guest: this.#pool.take(gate.kernel),
      args: [module, job].map((value) => new ivm.ExternalCopy(value).copyInto()),
      unwinds: true,
      giveBack: (guest, bytes) => this.#pool.giveBack(gate.kernel, guest, bytes),
      onFault: this.#onFault,
    });
    this.#runs.add(run);
    return run;
  }
}
