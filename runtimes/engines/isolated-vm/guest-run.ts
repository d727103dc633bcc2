/** One process in an isolate, from its start to the end of its thread. */
import ivm from "isolated-vm";
import { type Execution, encodeUtf8, type Gate, Signal } from "../../../kernel/index.ts";
import type { CopiedReason } from "../../node/rejections.ts";
import type { Port } from "../guest-port.ts";
import type { MemoryUser } from "../memory-watch.ts";
import type { GuestOutcome } from "../shared-memory/wasm-guest.ts";
import type { WarmIsolate } from "./isolate-pool.ts";
import { programFrames } from "./last-words.ts";
import { Turn } from "./node-guest/turn.ts";

/** Milliseconds in which a guest that waits for the kernel has to unwind once its process is gone. */
const UNWINDING_MS = 1000;
const STDERR = 2;

const CLEAN: GuestOutcome = { trap: undefined, memoryBytes: 0 };

export interface GuestParts {
  readonly gate: Gate;
  readonly port: Port;
  readonly guest: WarmIsolate;
  /** What its entry is called with: copies, and handles of its own isolate. */
  readonly args: readonly unknown[];
  /**
   * True where a call that fails unwinds the whole program, so that its isolate may serve another one;
   * false where the program could catch that, and is torn down instead.
   */
  readonly unwinds: boolean;
  /** True where its entry answers with a Turn, and is called again until that is the last. */
  readonly takesTurns?: boolean;
  /** Takes back an isolate whose program ended by itself and left a memory of `bytes`. */
  readonly giveBack?: (guest: WarmIsolate, bytes: number) => void;
  /**
   * What a program that its isolate cannot go on with says on its standard error, before SIGABRT. Where
   * this is missing it dies by SIGKILL, and unless its heap was full that is a fault of ours.
   */
  readonly lastWords?: (reason: unknown) => string;
  readonly onFault: (reason: unknown) => void;
}

export class GuestRun implements Execution, MemoryUser {
  /** Resolves when no thread of the guest is left. */
  readonly done: Promise<void>;
  readonly #parts: GuestParts;
  readonly #guest: WarmIsolate;
  #unwinding: NodeJS.Timeout | undefined;
  /** CPU time of the isolate that is charged already, or belongs to programs before this one. */
  #charged: bigint;

  constructor(parts: GuestParts) {
    this.#parts = parts;
    this.#guest = parts.guest;
    this.#charged = this.#guest.isolate.cpuTime;
    const lost = new Promise<void>((resolve) => {
      this.#guest.onCatastrophe = (message) => {
        this.#lose(message);
        resolve();
      };
    });
    this.done = Promise.race([this.#run(), lost]);
  }

  stop(): void {
    this.charge();
    const { port, unwinds } = this.#parts;
    // A guest that computes is torn down; one that waits for the kernel ends by itself, and soon. To tear
    // down takes a while: where nothing runs, those who wait for the process's end hear of that before.
    if (!port.inCall) this.#end();
    else if (unwinds) this.#unwinding = setTimeout(() => this.#end(), UNWINDING_MS).unref();
    else setImmediate(() => this.#end());
    port.close();
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

  /** Tells the kernel of CPU time that was used since it was told last. */
  charge(): void {
    const { isolate } = this.#guest;
    const { gate } = this.#parts;
    if (isolate.isDisposed) return;
    const used = isolate.cpuTime - this.#charged;
    if (used <= 0n) return;
    this.#charged += used;
    gate.charge(used);
  }

  async #run(): Promise<void> {
    const { gate, port, lastWords, onFault } = this.#parts;
    try {
      const { trap, memoryBytes } = (await this.#start()) ?? CLEAN;
      this.charge();
      if (trap) gate.die(trap.signal);
      this.#finish(trap === undefined, memoryBytes);
    } catch (reason) {
      // Ended from outside, or out of heap; anything else is a fault of the bundle.
      const disposed = this.#guest.isolate.isDisposed;
      this.#die(reason);
      this.#end();
      if (!disposed && !lastWords) onFault(reason);
    } finally {
      clearTimeout(this.#unwinding);
      port.release();
    }
  }

  async #start(): Promise<GuestOutcome | undefined> {
    const { args, takesTurns } = this.#parts;
    if (!takesTurns) return (await this.#call(args)) as GuestOutcome | undefined;
    let next = args;
    let failure: unknown;
    for (;;) {
      let result: unknown;
      try {
        result = await this.#call(next);
        next = [];
      } catch (reason) {
        // Not the task's own failure, if it can go on: see node-guest/turns.ts.
        if (this.#guest.isolate.isDisposed || this.#parts.gate.closed) throw reason;
        failure = reason;
        next = [undefined, new ivm.ExternalCopy(copyOf(reason)).copyInto()];
      }
      if (result === Turn.lost) throw failure ?? new Error("a guest lost its place");
      if (result === Turn.over) return CLEAN;
    }
  }

  #call(args: readonly unknown[]): Promise<unknown> {
    return this.#guest.start.apply(undefined, [...args], { result: { copy: true } });
  }

  /** The thread is back: the isolate may serve another program of the same machine. */
  #finish(sound: boolean, memoryBytes: number): void {
    const { gate, giveBack } = this.#parts;
    const isOn = gate.kernel.processes.get(1) !== undefined;
    if (giveBack && sound && isOn && !this.#guest.isolate.isDisposed) {
      giveBack(this.#guest, memoryBytes);
    } else this.#end();
  }

  /** The thread never comes back: its process ends, and channel and isolate stay as they are. */
  #lose(message: string): void {
    const { port, onFault } = this.#parts;
    this.#die(message);
    port.close();
    onFault(new Error(`an isolate is beyond control: ${message}`));
  }

  #die(reason: unknown): void {
    const { gate, lastWords } = this.#parts;
    if (gate.closed) return;
    if (lastWords === undefined) {
      gate.die(Signal.SIGKILL);
      return;
    }
    try {
      // What does not fit at once is lost: the process does not outlive this.
      const written = gate.invoke("write", [STDERR, encodeUtf8(lastWords(reason))]);
      if (written instanceof Promise) written.catch(() => {});
    } catch {
      // Nobody reads it.
    }
    gate.die(Signal.SIGABRT);
  }

  #end(): void {
    const { isolate } = this.#guest;
    if (!isolate.isDisposed) isolate.dispose();
  }
}

/** What is left of a rejection's reason on this side: rejections.ts finds the reason by it. */
function copyOf(reason: unknown): CopiedReason {
  if (!(reason instanceof Error)) return { value: reason };
  const { name, message, stack } = reason;
  return { error: { name, message, stack: programFrames(stack ?? "") } };
}
