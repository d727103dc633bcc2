/**
 * WebAssembly programs in the kernel's own thread: a binary format for hosts that give guests no thread
 * (the edge, a tab that is not isolated). A program that has to wait is suspended by JavaScript promise
 * integration; so it needs no memory that is shared, and a call costs no switch of threads. A program
 * that computes gives way by the meter in its loops; without one (modules.ts) it keeps the thread until
 * its next call, and only the host can end that (`onControl`).
 * https://github.com/WebAssembly/js-promise-integration
 */
import {
  type BinaryFormat,
  Errno,
  type ExecutableFile,
  type Execution,
  type Gate,
  KernelError,
  type Program,
} from "../../../kernel/index.ts";
import { MemorySum } from "./memory-sum.ts";
import type { ModuleSource } from "./modules.ts";
import { InlineRun } from "./run.ts";

export interface InlineOptions {
  /** Asked in order; ENOEXEC where none has a module of the file. */
  readonly modules: readonly ModuleSource[];
  /** Bytes of linear memory that all programs together may have: beyond, the largest is killed. */
  readonly memoryBytes?: number;
  /** Imports after which a program lets the host's loop turn, even where its clock stands still. */
  readonly sliceImports?: number;
  /**
   * Hears who gets the thread, a program's pid, and when it gives it back, undefined: for a host with
   * means of its own against a program that keeps it.
   */
  readonly onControl?: (pid: number | undefined) => void;
  /**
   * Hears of an import that, run again, made another call than before: a handler of the guest's has
   * rewritten what it works on, or else the WASI layer looked at something without GuestKernel.once.
   */
  readonly onDivergence?: (call: string) => void;
  /** Hears of faults that are the engine's or the kernel's own. */
  readonly onFault: (reason: unknown) => void;
}

const DEFAULT_MEMORY = 2 ** 30;
/** About two milliseconds of calls that do little. */
const DEFAULT_SLICE = 2000;
const WASM_MAGIC = [0x00, 0x61, 0x73, 0x6d];

export class InlineEngine implements BinaryFormat {
  readonly name = "wasm";
  readonly #options: InlineOptions;
  readonly #memory: MemorySum;
  readonly #runs = new Set<InlineRun>();

  /** False on hosts without JavaScript promise integration, where nothing would ever run. */
  static get isSupported(): boolean {
    return typeof WebAssembly === "object" && "Suspending" in WebAssembly;
  }

  constructor(options: InlineOptions) {
    this.#options = options;
    this.#memory = new MemorySum(options.memoryBytes ?? DEFAULT_MEMORY);
  }

  matches(head: Uint8Array): boolean {
    return WASM_MAGIC.every((byte, i) => head[i] === byte);
  }

  load(file: ExecutableFile): Program {
    for (const source of this.#options.modules) {
      const module = source.get(file);
      if (module) return { start: (gate) => this.#start(module, gate) };
    }
    throw new KernelError(Errno.ENOEXEC);
  }

  /** Programs that run or wait now. */
  get size(): number {
    return this.#runs.size;
  }

  /** Resolves when those that run now have unwound. */
  async settle(): Promise<void> {
    await Promise.all([...this.#runs].map(({ done }) => done));
  }

  #start(module: WebAssembly.Module, gate: Gate): Execution {
    const { sliceImports = DEFAULT_SLICE, onControl, onDivergence, onFault } = this.#options;
    const run = new InlineRun({
      ...{ module, gate, sliceImports, onControl, onDivergence, onFault },
      memory: this.#memory,
    });
    this.#runs.add(run);
    void run.done.then(() => this.#runs.delete(run));
    return run;
  }
}
