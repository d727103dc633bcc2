/** One program on the kernel's thread, from its start until its stack is unwound. */
import { type Execution, type Gate, ProcessGone, Signal } from "../../../kernel/index.ts";
import { TIME_SLICE } from "../../../kernel/limits.ts";
import type { ImportFunction } from "../../wasi/imports.ts";
import { type Entry, trapOf, WasiProgram } from "../../wasi/program.ts";
import type { MemoryHolder, MemorySum } from "./memory-sum.ts";
import { ReplayKernel } from "./replay-kernel.ts";

export interface InlineParts {
  readonly module: WebAssembly.Module;
  readonly gate: Gate;
  readonly memory: MemorySum;
  readonly sliceImports: number;
  readonly onControl: ((pid: number | undefined) => void) | undefined;
  readonly onDivergence?: ((call: string) => void) | undefined;
  readonly onFault: (reason: unknown) => void;
}

/** The clock is read at one import in so many. */
const STRIDE = 16;

export class InlineRun implements Execution, MemoryHolder {
  /** Resolves when nothing of it will ever run again. */
  readonly done: Promise<void>;
  memoryBytes = 0;
  readonly #parts: InlineParts;
  readonly #kernel: ReplayKernel;
  #isAbandoned: () => void = () => {};
  #importsLeft: number;
  /** Monotonic milliseconds since when it has the thread and was not charged; undefined: it waits. */
  #since: number | undefined;
  #unwinds = false;

  constructor(parts: InlineParts) {
    this.#parts = parts;
    this.#importsLeft = parts.sliceImports;
    this.#kernel = new ReplayKernel(parts.gate, {
      onMemory: (bytes) => this.#noteMemory(bytes),
      onDivergence: parts.onDivergence,
      onFault: parts.onFault,
    });
    parts.memory.add(this);
    const abandoned = new Promise<void>((resolve) => {
      this.#isAbandoned = resolve;
    });
    this.done = Promise.race([this.#run(), abandoned]);
  }

  /**
   * Its gate is closed already. What waits there throws, which unwinds the program as it does at its
   * next import: a suspended stack that is only dropped would keep its memory for ever.
   */
  stop(): void {
    this.#charge();
  }

  kill(): void {
    this.#parts.gate.die(Signal.SIGKILL);
  }

  async #run(): Promise<void> {
    const { gate, memory, onFault } = this.#parts;
    await undefined;
    try {
      if (!gate.closed) await this.#enter();
    } catch (reason) {
      if (!gate.closed) this.#died(reason, onFault);
    } finally {
      this.#giveControl();
      memory.remove(this);
    }
  }

  #died(reason: unknown, onFault: (reason: unknown) => void): void {
    const { gate } = this.#parts;
    try {
      gate.die(isOutOfMemory(reason) ? Signal.SIGKILL : trapOf(reason).signal);
    } catch {
      gate.die(Signal.SIGKILL);
      onFault(reason);
    }
  }

  async #enter(): Promise<void> {
    const { module, gate } = this.#parts;
    const { argv, envp } = gate.process;
    const kernel = this.#kernel;
    const program = new WasiProgram(module, kernel, argv, envp);
    this.#takeControl();
    const linked = this.#link(program);
    if (typeof linked === "string") await kernel.run(() => program.refuse(linked));
    else await this.#runLinked(program, linked);
  }

  async #runLinked(program: WasiProgram, { start, trampoline, setMask }: Entry): Promise<void> {
    const kernel = this.#kernel;
    // Counts it from the start.
    this.#noteMemory(program.memoryBytes);
    if (trampoline) kernel.trampoline = WebAssembly.promising(trampoline);
    if (setMask) {
      const [low, high] = await kernel.run(() => program.inheritedMask());
      if (low !== 0 || high !== 0) await WebAssembly.promising(setMask)(low, high);
    }
    await WebAssembly.promising(start)();
    await kernel.run(() => kernel.sys.exit(0));
  }

  #link(program: WasiProgram): Entry | string {
    try {
      return program.link((call) => this.#lend(call));
    } catch (reason) {
      if ((reason as Error).name !== "SuspendError") throw reason;
      return "an import that the start function calls: it could not wait";
    }
  }

  #lend(call: ImportFunction): ImportFunction {
    return new WebAssembly.Suspending((...args: unknown[]) => this.#cross(call, args));
  }

  /** An import: its result, or a promise that suspends the program. */
  #cross(call: ImportFunction, args: unknown[]): unknown {
    const { gate } = this.#parts;
    if (this.#unwinds) return this.#abandon();
    try {
      const result = this.#kernel.run(() => call(...args));
      if (result instanceof Promise) return this.#suspended(result);
      if (gate.closed) throw new ProcessGone();
      return this.#mayGoOn() ? result : this.#suspended(this.#turned(result));
    } catch (reason) {
      this.#unwinds = gate.closed;
      throw reason;
    }
  }

  async #suspended(result: Promise<unknown>): Promise<unknown> {
    const { gate } = this.#parts;
    this.#giveControl();
    try {
      const value = await result;
      if (gate.closed) throw new ProcessGone();
      return value;
    } finally {
      this.#unwinds = gate.closed;
      this.#takeControl();
    }
  }

  /**
   * One that catches what unwinds it, and calls again, is left where it is. Its memory is lost, and goes
   * on to count.
   */
  #abandon(): Promise<never> {
    this.#giveControl();
    this.#parts.memory.lose(this);
    this.#isAbandoned();
    return NEVER;
  }

  /** `result`, after the host's loop has turned. */
  async #turned(result: unknown): Promise<unknown> {
    const { gate, sliceImports } = this.#parts;
    this.#importsLeft = sliceImports;
    await gate.kernel.host.scheduler.yield();
    return result;
  }

  #mayGoOn(): boolean {
    if (--this.#importsLeft <= 0) return false;
    if (this.#importsLeft % STRIDE !== 0) return true;
    return this.#parts.gate.kernel.milliseconds() - (this.#since ?? 0) < TIME_SLICE;
  }

  #takeControl(): void {
    const { gate, onControl } = this.#parts;
    this.#since = gate.kernel.milliseconds();
    onControl?.(gate.process.pid);
  }

  #giveControl(): void {
    this.#charge();
    this.#since = undefined;
    this.#parts.onControl?.(undefined);
  }

  /** Tells the kernel of the time that it had, once; its process may end by that. */
  #charge(): void {
    if (this.#since === undefined) return;
    const { gate } = this.#parts;
    const now = gate.kernel.milliseconds();
    const used = now - this.#since;
    this.#since = now;
    if (used > 0) gate.charge(BigInt(Math.round(used * 1e6)));
  }

  #noteMemory(bytes: number): void {
    const more = bytes - this.memoryBytes;
    this.memoryBytes = bytes;
    this.#parts.memory.grew(more);
  }
}

const NEVER = new Promise<never>(() => {});

/** The host has no room for the memory of one more instance. */
function isOutOfMemory(reason: unknown): boolean {
  return reason instanceof RangeError && !reason.message.includes("call stack");
}
