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
  Signal,
} from "../../../kernel/index.ts";
import type { Trap } from "../../wasi/program.ts";
import { Exchange, type Port } from "../exchange.ts";
import { type CompiledModule, ModuleCache } from "../module-cache.ts";
import type { GuestJob } from "../shared-memory/wasm-guest.ts";
import { DEFAULT_WASM_LIMITS, type WasmLimits } from "../wasm-limits.ts";
import { IsolatePool, type WarmIsolate } from "./isolate-pool.ts";

export interface IsolatedVmOptions {
  /** The guest bundle, one script: shared-memory/wasm-guest.ts with all that it imports. */
  readonly guestSource: string;
  readonly limits?: Partial<WasmLimits>;
  /** Hears of faults that are the engine's or the kernel's own. */
  readonly onFault: (reason: unknown) => void;
}

const WASM_MAGIC = [0x00, 0x61, 0x73, 0x6d];

export class IsolatedVmEngine implements BinaryFormat {
  readonly name = "wasm";
  readonly #onFault: (reason: unknown) => void;
  readonly #exchange: Exchange;
  readonly #pool: IsolatePool;
  readonly #modules: ModuleCache;
  readonly #running = new Set<Promise<void>>();

  constructor(options: IsolatedVmOptions) {
    this.#onFault = options.onFault;
    this.#exchange = new Exchange(options.onFault);
    this.#modules = new ModuleCache({ ...DEFAULT_WASM_LIMITS, ...options.limits });
    this.#pool = new IsolatePool(options.guestSource, (message) =>
      options.onFault(new Error(`an isolate is beyond control: ${message}`)),
    );
  }

  matches(head: Uint8Array): boolean {
    return WASM_MAGIC.every((byte, i) => head[i] === byte);
  }

  load(file: ExecutableFile): Program {
    const compiled = this.#modules.get(file);
    return { start: (gate) => this.#start(compiled, gate) };
  }

  /** Guests that run now. */
  get size(): number {
    return this.#running.size;
  }

  /** Resolves when no guest's thread is left of those that run now. */
  async settle(): Promise<void> {
    await Promise.all(this.#running);
  }

  /** Lets go of the isolates that wait; running guests are their kernels' to stop. */
  dispose(): void {
    this.#pool.dispose();
  }

  #start(compiled: CompiledModule, gate: Gate): Execution {
    const port = this.#exchange.open(gate);
    if (!port) throw new KernelError(Errno.EAGAIN);
    const guest = this.#pool.take();
    const run = this.#run(compiled, gate, port, guest).catch(this.#onFault);
    this.#running.add(run);
    void run.then(() => this.#running.delete(run));
    return {
      stop() {
        port.close();
        if (!guest.isolate.isDisposed) guest.isolate.dispose();
      },
    };
  }

  async #run(
    { module }: CompiledModule,
    gate: Gate,
    port: Port,
    { isolate, start }: WarmIsolate,
  ): Promise<void> {
    const { argv, envp } = gate.process;
    const { bell } = this.#exchange;
    const job: GuestJob = { memory: port.memory, bell, slot: port.slot, argv, envp };
    const args = [module, job].map((value) => new ivm.ExternalCopy(value).copyInto());
    try {
      const trap = (await start.apply(undefined, args, { result: { copy: true } })) as
        | Trap
        | undefined;
      if (trap) gate.die(trap.signal);
    } catch (reason) {
      // Stopped from outside, or out of heap; anything else is a fault of the bundle.
      const disposed = isolate.isDisposed;
      if (!gate.closed) gate.die(Signal.SIGKILL);
      if (!disposed) this.#onFault(reason);
    } finally {
      port.release();
      if (!isolate.isDisposed) isolate.dispose();
    }
  }
}
