/**
 * The kernel client of a program in the kernel's own thread. To the WASI layer it is synchronous as every
 * other. Where a system call has to wait, or a caught signal has to be handled, it throws out of the
 * import; `run` waits and runs the import again from its start, with the answers of the calls that it has
 * already made, so that it comes to the same place and goes on. The import has changed nothing before
 * that would not come out the same: see GuestKernel.once.
 */
import { type BlockingSyscalls, out, SIG_SETMASK, syscallsByNumber } from "../../../kernel/abi.ts";
import {
  Errno,
  type Gate,
  KernelError,
  ProcessGone,
  Restart,
  type SyscallName,
  type TakenSignal,
} from "../../../kernel/index.ts";
import type { GuestKernel } from "../../wasi/guest-kernel.ts";

export interface ReplayHooks {
  /** The program's memory has this many bytes now. */
  onMemory(bytes: number): void;
  /** An import made another call than when it ran before. */
  readonly onDivergence: ((call: string) => void) | undefined;
  /** Hears of a handler's exception that is no errno: a fault of the kernel itself. */
  onFault(reason: unknown): void;
}

/** Unwinds the import, and nobody else catches it. */
class Suspended {
  readonly suspended = true;
}
const SUSPENDED = new Suspended();

/** What a call of the import answered, in order. */
interface Answer {
  readonly name: string;
  readonly value: unknown;
  readonly error: KernelError | undefined;
  /** Where its bytes came to, for a call that fills a buffer. */
  readonly filled: Uint8Array | undefined;
}

/** Why an import was left: a call that waits, or signals alone. */
interface Wait {
  readonly name: string;
  readonly filled: Uint8Array | undefined;
  readonly promise: Promise<unknown>;
}
const FOR_SIGNALS: Wait = { name: "", filled: undefined, promise: Promise.resolve() };

export class ReplayKernel implements GuestKernel {
  readonly sys: BlockingSyscalls;
  /** Handles one signal; undefined for a program without handlers. */
  trampoline: ((signal: number) => Promise<unknown>) | undefined;
  callCount = 0;
  readonly #gate: Gate;
  readonly #hooks: ReplayHooks;
  /** Of the import that runs: what it was answered, how many of these it has had again, why it was left. */
  #answers: Answer[] = [];
  #next = 0;
  #wait: Wait | undefined;

  constructor(gate: Gate, hooks: ReplayHooks) {
    this.#gate = gate;
    this.#hooks = hooks;
    this.sys = new Client((...call) => this.#call(...call)) as unknown as BlockingSyscalls;
  }

  get flagsVersion(): number {
    return this.#gate.kernel.flagsVersion;
  }

  /** Nothing would be gained: a call is as near as a queue. */
  post(): boolean {
    return false;
  }

  noteMemory(bytes: number): void {
    this.#hooks.onMemory(bytes);
  }

  once<T>(look: () => T): T {
    const known = this.#again("once");
    if (known) return known.value as T;
    const value = look();
    this.#note({ name: "once", value, error: undefined, filled: undefined });
    return value;
  }

  onSignals(): void {}

  /** Runs an import, or what else makes calls: its result, or a promise where a call had to wait. */
  run<T>(act: () => T): T | Promise<T> {
    this.#answers.length = 0;
    return this.#attempt(act, () => this.#resume(act));
  }

  async #resume<T>(act: () => T): Promise<T> {
    const answers = this.#answers;
    const wait = this.#wait as Wait;
    // A signal's handler has imports of its own.
    this.#answers = [];
    this.#wait = undefined;
    if (wait !== FOR_SIGNALS) await this.#settle(wait, answers);
    if (this.#gate.signalsPending && this.trampoline) {
      const kept = answers.map(withOwnBytes);
      await this.#handleSignals(this.trampoline);
      this.#answers = kept;
    } else this.#answers = answers;
    return this.#attempt(act, () => this.#resume(act));
  }

  #attempt<T, R>(act: () => T, otherwise: () => R): T | R {
    this.#next = 0;
    try {
      const result = act();
      if (!this.#wait) return result;
    } catch (reason) {
      if (!this.#wait) throw reason;
    }
    return otherwise();
  }

  /** Adds the answer of a call that waited; one that a signal asks to make again has none. */
  async #settle({ name, promise, filled }: Wait, answers: Answer[]): Promise<void> {
    try {
      answers.push({ name, value: await promise, error: undefined, filled });
    } catch (reason) {
      if (reason instanceof Restart) return;
      answers.push({ name, value: undefined, error: this.#errorOf(reason), filled: undefined });
    }
  }

  /** As runtimes/wasi/signals.ts does, where the handler may wait. */
  async #handleSignals(handle: (signal: number) => Promise<unknown>): Promise<void> {
    for (;;) {
      const taken = (await this.#gate.invoke("sigtake", [])) as TakenSignal;
      if (taken.signal === 0) return;
      await handle(taken.signal);
      await this.#gate.invoke("rt_sigprocmask", [SIG_SETMASK, taken.restoreMask]);
    }
  }

  #call(name: SyscallName, args: readonly unknown[], outIndex: number): unknown {
    const filled = outIndex < 0 ? undefined : (args[outIndex] as Uint8Array);
    const known = this.#again(name);
    if (known) return given(known, filled);
    const answer = this.#ask(name, args, filled);
    this.#note(answer);
    if (this.#gate.signalsPending && this.trampoline) this.#leave(FOR_SIGNALS);
    if (answer.error) throw answer.error;
    return answer.value;
  }

  #ask(name: SyscallName, args: readonly unknown[], filled: Uint8Array | undefined): Answer {
    this.callCount++;
    let value: unknown;
    try {
      value = this.#gate.invoke(name, args, true);
    } catch (reason) {
      return { name, value: undefined, error: this.#errorOf(reason), filled: undefined };
    }
    if (value instanceof Promise) return this.#leave({ name, filled, promise: value });
    return { name, value, error: undefined, filled };
  }

  #leave(wait: Wait): never {
    this.#wait = wait;
    throw SUSPENDED;
  }

  /** The answer to what the import asked at this place before. */
  #again(name: string): Answer | undefined {
    // It is on its way out, and a `finally` asks on.
    if (this.#wait) throw SUSPENDED;
    const known = this.#answers[this.#next];
    if (known?.name === name) {
      this.#next++;
      return known;
    }
    if (known) this.#hooks.onDivergence?.(name);
    // From here on it is another import.
    this.#answers.length = this.#next;
    return undefined;
  }

  #note(answer: Answer): void {
    this.#answers.push(answer);
    this.#next++;
  }

  #errorOf(reason: unknown): KernelError {
    if (reason instanceof KernelError) return reason;
    if (reason instanceof ProcessGone) throw reason;
    this.#hooks.onFault(reason);
    return new KernelError(Errno.EIO);
  }
}

/** Its bytes are where they were, unless a handler ran and left the memory another one. */
function given({ value, error, filled }: Answer, target: Uint8Array | undefined): unknown {
  if (error) throw error;
  if (target && filled && filled.buffer !== target.buffer) {
    target.set(filled.subarray(0, value as number));
  }
  return value;
}

function withOwnBytes(answer: Answer): Answer {
  const { filled, value } = answer;
  return filled ? { ...answer, filled: filled.slice(0, value as number) } : answer;
}

type Invoke = (name: SyscallName, args: readonly unknown[], outIndex: number) => unknown;

class Client {
  readonly invoke: Invoke;

  constructor(invoke: Invoke) {
    this.invoke = invoke;
  }
}

for (const { name, definition } of syscallsByNumber) {
  const outIndex = definition.parameters.findIndex(({ codec }) => codec === (out as unknown));
  Object.defineProperty(Client.prototype, name, {
    value(this: Client, ...args: readonly unknown[]) {
      return this.invoke(name, args, outIndex);
    },
  });
}
