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
import { Exchange } from "../exchange.ts";
import type { Port } from "../guest-port.ts";
import { type CompiledModule, ModuleCache } from "../module-cache.ts";
import type { GuestJob, GuestOutcome } from "../shared-memory/wasm-guest.ts";
import { DEFAULT_WASM_LIMITS, type WasmLimits } from "../wasm-limits.ts";
import { IsolatePool, type WarmIsolate } from "./isolate-pool.ts";

export interface IsolatedVmOptions {
  /** The guest bundle, one script: shared-memory/wasm-guest.ts with all that it imports. */
  readonly guestSource: string;
  readonly limits?: Partial<WasmLimits>;
  /** Hears of faults that are the engine's or the kernel's own. */
  readonly onFault: (reason: unknown) => void;
}

/** Milliseconds in which a guest that waits for the kernel has to unwind once its process is gone. */
const UNWINDING_MS = 1000;
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
    const guest = this.#pool.take(gate.kernel);
    const run = this.#run(compiled, gate, port, guest).catch(this.#onFault);
    this.#running.add(run);
    let unwinding: NodeJS.Timeout | undefined;
    void run.then(() => {
      clearTimeout(unwinding);
      this.#running.delete(run);
    });
    return {
      stop() {
        // A guest that computes is torn down; one that waits for the kernel ends by itself, and soon.
        if (port.inCall) unwinding = setTimeout(() => end(guest), UNWINDING_MS).unref();
        else end(guest);
        port.close();
      },
    };
  }

  async #run(
    { module }: CompiledModule,
    gate: Gate,
    port: Port,
    guest: WarmIsolate,
  ): Promise<void> {
    const { argv, envp } = gate.process;
    const { bell } = this.#exchange;
    const job: GuestJob = { memory: port.memory, bell, slot: port.slot, argv, envp };
    const args = [module, job].map((value) => new ivm.ExternalCopy(value).copyInto());
    try {
      const outcome = (await guest.start.apply(undefined, args, {
        result: { copy: true },
      })) as GuestOutcome;
      if (outcome.trap) gate.die(outcome.trap.signal);
      const reusable = !outcome.trap && !guest.isolate.isDisposed && isOn(gate.kernel);
      if (reusable) this.#pool.giveBack(gate.kernel, guest, outcome.memoryBytes);
      else end(guest);
    } catch (reason) {
      // Ended from outside, or out of heap; anything else is a fault of the bundle.
      const disposed = guest.isolate.isDisposed;
      if (!gate.closed) gate.die(Signal.SIGKILL);
      end(guest);
      if (!disposed) this.#onFault(reason);
    } finally {
      port.release();
    }
  }
}

/** False for a machine that was shut down: nothing of it will run again. */
function isOn(kernel: Gate["kernel"]): boolean {
  return kernel.processes.get(1) !== undefined;
}

function end({ isolate }: WarmIsolate): void {
  if (!isolate.isDisposed) isolate.dispose();
}
