/** One process in a guest's worker, from its start to its end. */
import {
  type Execution,
  type Gate,
  type Scheduler,
  Signal,
  type Timer,
} from "../../../kernel/index.ts";
import type { Port } from "../guest-port.ts";
import type { MemoryUser } from "../memory-watch.ts";
import type { Guest, GuestPool } from "./guest-pool.ts";
import type { GuestReport } from "./messages.ts";
import type { ThreadCall } from "./node-guest/messages.ts";

/** Milliseconds in which a guest that waits for the kernel has to unwind once its process is gone. */
const UNWINDING_MS = 1000;

export interface GuestParts {
  /** What the guest is told to run. */
  readonly request: unknown;
  /** A guest that waits for the kernel when its process is gone unwinds by itself, and may serve again. */
  readonly unwinds: boolean;
  readonly gate: Gate;
  readonly port: Port;
  readonly pool: GuestPool;
  readonly scheduler: Scheduler;
  readonly onFault: (reason: unknown) => void;
  /** What the guest asks for its process's threads; undefined: it has none. */
  readonly onThreadCall?: (call: ThreadCall) => void;
}

export class GuestRun implements Execution, MemoryUser {
  /** Resolves when the guest runs no more, or was told to end. */
  readonly done: Promise<void>;
  readonly #parts: GuestParts;
  readonly #guest: Guest;
  #resolveDone!: () => void;
  #unwinding: Timer | undefined;
  #isDone = false;
  /** Calls at the last look, and when that was: what lies between without a call was computed. */
  #seenCalls = 0;
  #seenAt: number;

  constructor(parts: GuestParts) {
    this.#parts = parts;
    this.#guest = parts.pool.take(parts.gate.kernel);
    this.#seenAt = performance.now();
    this.done = new Promise((resolve) => {
      this.#resolveDone = resolve;
    });
    this.#guest.onReport = (report) => this.#hear(report);
    // A guest that never gets ready ends its process, and everybody is told why.
    this.#guest.ready.catch((reason) => this.#fail(reason));
    this.#guest.run(parts.request);
  }

  stop(): void {
    const { port, scheduler, unwinds } = this.#parts;
    // A guest that computes is ended; one that waits for the kernel unwinds by itself, and soon.
    if (port.inCall && unwinds) {
      this.#unwinding = scheduler.setTimer(() => this.#end(), UNWINDING_MS);
      port.close();
    } else {
      port.close();
      this.#end();
    }
  }

  get memoryBytes(): number {
    return this.#parts.port.memoryBytes;
  }

  get calls(): number {
    return this.#parts.port.calls;
  }

  get isComputing(): boolean {
    return !this.#parts.port.inCall;
  }

  kill(): void {
    this.#parts.gate.die(Signal.SIGKILL);
  }

  /**
   * Charges the time since the last look where the guest computed all of it. A browser does not tell a
   * worker's CPU time; what is left out are stretches shorter than a look.
   */
  charge(): void {
    const { gate, port } = this.#parts;
    const now = performance.now();
    const silent = this.isComputing && port.calls === this.#seenCalls;
    if (silent) gate.charge(BigInt(Math.round((now - this.#seenAt) * 1e6)));
    this.#seenCalls = port.calls;
    this.#seenAt = now;
  }

  #hear(report: GuestReport): void {
    if (this.#isDone) return;
    if (report.type === "fault") {
      this.#fail(new Error(`a guest's worker failed: ${report.message}`));
    } else if (report.type === "thread") {
      this.#parts.onThreadCall?.(report.call);
    } else if (report.type === "ended") {
      const { trap, memoryBytes } = report.outcome;
      const { gate, port, pool } = this.#parts;
      if (trap) gate.die(trap.signal);
      port.release();
      const isOn = gate.kernel.processes.get(1) !== undefined;
      if (!trap && isOn) pool.giveBack(gate.kernel, this.#guest, memoryBytes);
      else this.#guest.end();
      this.#finish();
    }
  }

  #fail(reason: unknown): void {
    if (this.#isDone) return;
    const { gate, onFault } = this.#parts;
    if (!gate.closed) gate.die(Signal.SIGKILL);
    this.#end();
    onFault(reason);
  }

  #end(): void {
    if (this.#isDone) return;
    this.#guest.end();
    this.#parts.port.abandon();
    this.#finish();
  }

  #finish(): void {
    this.#isDone = true;
    this.#unwinding?.cancel();
    this.#resolveDone();
  }
}
