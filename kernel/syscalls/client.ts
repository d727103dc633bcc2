/**
 * The kernel as an in-kernel program sees it: every system call as a method, which returns a value or
 * a promise where it had to wait, and what only a program inside the kernel can have: fork with a
 * closure, and a checkpoint for its time slice.
 */
import { TIME_SLICE } from "../limits.ts";
import type { Main } from "../process/program.ts";
import { type Gate, heard, ProcessGone } from "./gate.ts";
import { type SyscallName, type Syscalls, syscallNames } from "./table.ts";

export type Sys = Syscalls & ProgramContext;

export interface ProgramContext {
  readonly pid: number;
  readonly argv: readonly string[];
  /** The initial environment, `NAME=value` each. */
  readonly envp: readonly string[];
  /** A caught signal waits for sigtake. */
  readonly signalPending: boolean;
  /** A child with a copy of the descriptors and all else that fork(2) copies, running `main`; its pid. */
  fork(main: Main, attributes?: ForkAttributes): number;
  /**
   * To be called at every turn of a loop: undefined, or a promise to await where the time slice is used
   * up or the process is stopped. Throws ProcessGone once it was killed.
   */
  checkpoint(): Promise<void> | undefined;
  /** `bytes` tells from now on what memory it has: an engine's, for what it runs. */
  tellMemory(bytes: () => number): void;
}

export interface ForkAttributes {
  /** Joins this process group before it runs; 0 makes a new one. */
  readonly pgroup?: number;
}

export function createSys(gate: Gate): Sys {
  return new Client(gate) as unknown as Sys;
}

class Client implements ProgramContext {
  readonly #gate: Gate;
  #sliceEnd: number;
  /** It waited in this slice, so that others may have run in it. */
  #hasSlept = false;

  constructor(gate: Gate) {
    this.#gate = gate;
    this.#sliceEnd = gate.kernel.milliseconds() + TIME_SLICE;
  }

  get pid(): number {
    return this.#gate.process.pid;
  }

  get argv(): readonly string[] {
    return this.#gate.process.argv;
  }

  get envp(): readonly string[] {
    return this.#gate.process.envp;
  }

  get signalPending(): boolean {
    return this.#gate.signalsPending;
  }

  fork(main: Main, attributes: ForkAttributes = {}): number {
    if (this.#gate.closed) throw new ProcessGone();
    return this.#gate.kernel.processes.fork(this.#gate.process, main, attributes);
  }

  checkpoint(): Promise<void> | undefined {
    const { kernel, process, closed } = this.#gate;
    if (closed) throw new ProcessGone();
    const now = kernel.milliseconds();
    if (now < this.#sliceEnd && !process.stopped) return undefined;
    if (!this.#hasSlept) this.#charge(now - this.#sliceEnd + TIME_SLICE);
    return heard(this.#giveWay());
  }

  tellMemory(bytes: () => number): void {
    if (!this.#gate.closed) this.#gate.memory = bytes;
  }

  invoke(name: SyscallName, args: readonly unknown[]): unknown {
    const result = this.#gate.invoke(name, args);
    if (result instanceof Promise) this.#hasSlept = true;
    return result;
  }

  #charge(milliseconds: number): void {
    this.#gate.charge(BigInt(Math.round(milliseconds * 1e6)));
  }

  async #giveWay(): Promise<void> {
    const { kernel } = this.#gate;
    await kernel.host.scheduler.yield();
    await this.#gate.invoke("sched_yield", []);
    this.#sliceEnd = kernel.milliseconds() + TIME_SLICE;
    this.#hasSlept = false;
  }
}

for (const name of syscallNames) {
  Object.defineProperty(Client.prototype, name, {
    value(this: Client, ...args: readonly unknown[]) {
      return this.invoke(name, args);
    },
  });
}
