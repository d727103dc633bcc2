/**
 * One guest as the kernel sees it: takes the calls from its channel, carries them through the process's
 * gate, and answers. What lies in a channel is hostile: each number is read once and checked, and what a
 * guest writes there can hurt that guest only.
 */
import { type Definition, Reader, syscalls, syscallsByNumber, Writer } from "../../kernel/abi.ts";
import {
  Errno,
  type Gate,
  KernelError,
  POLLOUT,
  ProcessGone,
  Restart,
  SIG_DFL,
  Signal,
} from "../../kernel/index.ts";
import { PostedWrites } from "./posted-writes.ts";
import { ReadAhead } from "./read-ahead.ts";
import { BODY, OUT_OFFSET, POSTED, RESTART, State, Word } from "./shared-memory/layout.ts";

export interface Port {
  readonly memory: SharedArrayBuffer;
  readonly slot: number;
  /** True while the kernel has a call of the guest, which waits for the answer. */
  readonly inCall: boolean;
  /** Calls that the guest has made. */
  readonly calls: number;
  /** Bytes of its linear memory, as of its last call. */
  readonly memoryBytes: number;
  /** Ends the guest's calls: one under way unwinds it. Idempotent. */
  close(): void;
  /** The guest's thread is gone: the channel may serve another one. */
  release(): void;
  /** As release, where the thread may linger and still write: its memory serves nobody again. */
  abandon(): void;
}

export interface PortHooks {
  /** The slot is free again, and the channel's memory where it may be `reused`. */
  free(port: GuestPort, reused: boolean): void;
  onFault(reason: unknown): void;
  /** The guest goes on. */
  onAnswer(): void;
}

const WASM_PAGE = 65_536;
const READ = syscalls.read.number;
const WRITE = syscalls.write.number;

/** Calls by which a guest handles signals: they do not wait for posted writes that a signal held up. */
const OF_SIGNALS: ReadonlySet<number> = new Set([
  syscalls.sigtake.number,
  syscalls.rt_sigprocmask.number,
]);

/** Calls after which SIGPIPE may mean something else than before. */
const CHANGES_SIGNALS: ReadonlySet<number> = new Set([
  syscalls.rt_sigaction.number,
  syscalls.rt_sigprocmask.number,
]);

export class GuestPort implements Port {
  readonly memory: SharedArrayBuffer;
  readonly slot: number;
  readonly #gate: Gate;
  readonly #free: (reused: boolean) => void;
  readonly #onFault: (reason: unknown) => void;
  readonly #onAnswer: () => void;
  readonly #words: Int32Array;
  readonly #reader: Reader;
  readonly #writer: Writer;
  readonly #posted: PostedWrites;
  readonly #ahead: ReadAhead;
  /** A call, or a posted write, that waits in the kernel. */
  #waiting = false;
  calls = 0;
  #closed = false;
  #released = false;

  constructor(gate: Gate, slot: number, memory: SharedArrayBuffer, hooks: PortHooks) {
    this.#gate = gate;
    this.slot = slot;
    this.#free = (reused) => hooks.free(this, reused);
    this.#onFault = hooks.onFault;
    this.#onAnswer = hooks.onAnswer;
    this.memory = memory;
    // Views of a fixed length, which are faster than those that would follow growth.
    this.#words = new Int32Array(memory, 0, BODY / 4).fill(0);
    this.#posted = new PostedWrites(memory, this.#words);
    this.#ahead = new ReadAhead(gate.process, memory, this.#words);
    const bytes = new Uint8Array(memory, 0, POSTED);
    this.#reader = new Reader(bytes, BODY, BODY, bytes.subarray(BODY + OUT_OFFSET));
    this.#writer = new Writer(bytes);
    gate.onSignal = () => {
      this.#words[Word.Signals] = 1;
    };
  }

  get inCall(): boolean {
    const state = Atomics.load(this.#words, Word.State);
    return state === State.Request || state === State.Parked;
  }

  /** True while it neither waits for the kernel nor has ended: it may post writes without a ring. */
  get computes(): boolean {
    return !this.#closed && !this.inCall;
  }

  /** Carries out what the guest rang for, or posted without: its writes, then its call. */
  serve(): void {
    if (this.#waiting || this.#closed) return;
    const number = this.inCall ? (this.#words[Word.Number] as number) : -1;
    const drained = this.#posted.empty || OF_SIGNALS.has(number) || this.#drain();
    if (drained && number >= 0) this.#call(number);
  }

  get memoryBytes(): number {
    return (this.#words[Word.MemoryPages] as number) * WASM_PAGE;
  }

  #call(number: number): void {
    this.calls++;
    const entry = syscallsByNumber[number];
    if (entry === undefined) {
      this.#answer(Errno.ENOSYS);
      return;
    }
    const { name, definition } = entry;
    let result: unknown;
    try {
      const args = this.#decode(definition.parameters);
      this.#ahead.before(name, args);
      if (number === WRITE || CHANGES_SIGNALS.has(number)) {
        this.#words[Word.MayPost] = number === WRITE && this.#diesOfBrokenPipe() ? 1 : 0;
      }
      result = number === READ ? this.#read(args) : this.#gate.invoke(name, args, true);
    } catch (reason) {
      this.#fail(reason);
      return;
    }
    if (!(result instanceof Promise)) {
      this.#succeed(definition.result, result);
      return;
    }
    this.#waiting = true;
    this.#ahead.waits();
    result.then(
      (value) => {
        this.#waiting = false;
        this.#succeed(definition.result, value);
      },
      (reason) => {
        this.#waiting = false;
        this.#fail(reason);
      },
    );
  }

  /** Reads, and ahead where that may be. */
  #read(args: unknown[]): unknown {
    const [fd, target] = args as [number, Uint8Array];
    const ahead = this.#ahead.bufferFor(fd, target.length);
    if (!ahead) return this.#gate.invoke("read", args, true);
    const result = this.#gate.invoke("read", [fd, ahead], true);
    const asked = target.length;
    if (!(result instanceof Promise)) return this.#ahead.brought(result as number, asked);
    return result.then((count) => this.#ahead.brought(count, asked));
  }

  #diesOfBrokenPipe(): boolean {
    const { signals } = this.#gate.process;
    const { SIGPIPE } = Signal;
    return signals.action(SIGPIPE).handler === SIG_DFL && !signals.isBlocked(SIGPIPE);
  }

  /** Makes the posted writes; false where one waits or was interrupted. */
  #drain(): boolean {
    const posted = this.#posted;
    const { fds } = this.#gate.process;
    while (!this.#closed) {
      const { fd } = posted;
      const chunk = posted.next(fds.has(fd) ? fds.get(fd).mergeable : 0);
      if (!chunk) return true;
      let result: unknown;
      try {
        result = this.#write(fd, chunk);
      } catch (reason) {
        if (!this.#postFailed(reason)) return false;
        continue;
      }
      if (result instanceof Promise) {
        this.#waiting = true;
        this.#ahead.postWaited();
        result.then(
          (count) => this.#resume(() => posted.done(count)),
          (reason) => this.#resume(() => this.#postFailed(reason)),
        );
        return false;
      }
      posted.done(result as number);
    }
    return false;
  }

  /** A write that waits, even where somebody has made the pipe a non-blocking one meanwhile. */
  #write(fd: number, chunk: Uint8Array): unknown {
    try {
      return this.#gate.invoke("write", [fd, chunk], true);
    } catch (reason) {
      if (!(reason instanceof KernelError) || reason.errno !== Errno.EAGAIN) throw reason;
      const ready = this.#gate.invoke("ppoll", [[{ fd, events: POLLOUT }], undefined, undefined]);
      return Promise.resolve(ready).then(() => 0);
    }
  }

  #resume(settle: () => void): void {
    this.#waiting = false;
    settle();
    this.serve();
  }

  /** True where the queue goes on; a caught signal has to be handled first. */
  #postFailed(reason: unknown): boolean {
    if (reason instanceof ProcessGone) {
      this.close();
      return false;
    }
    const interrupted =
      reason instanceof Restart || (reason instanceof KernelError && reason.errno === Errno.EINTR);
    if (interrupted) {
      if (this.inCall) this.#answer(RESTART);
      return false;
    }
    if (!(reason instanceof KernelError)) this.#onFault(reason);
    this.#posted.clear();
    return true;
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#gate.onSignal = undefined;
    Atomics.store(this.#words, Word.State, State.Gone);
    Atomics.notify(this.#words, Word.State);
  }

  release(): void {
    this.#letGo(true);
  }

  abandon(): void {
    this.#letGo(false);
  }

  #letGo(reused: boolean): void {
    this.close();
    if (!this.#released) this.#free(reused);
    this.#released = true;
  }

  #decode(parameters: Definition["parameters"]): unknown[] {
    const length = this.#words[Word.Length] as number;
    this.#reader.reset(BODY, BODY + Math.max(length, 0));
    const args = new Array<unknown>(parameters.length);
    for (let i = 0; i < parameters.length; i++) {
      args[i] = (parameters[i] as (typeof parameters)[number]).codec.read(this.#reader);
    }
    return args;
  }

  #succeed(codec: Definition["result"], result: unknown): void {
    if (this.#closed) return;
    try {
      this.#writer.at = BODY;
      codec.write(this.#writer, result);
    } catch (reason) {
      this.#fail(reason);
      return;
    }
    this.#answer(0);
  }

  #fail(reason: unknown): void {
    if (reason instanceof KernelError) this.#answer(reason.errno);
    else if (reason instanceof Restart) this.#answer(RESTART);
    else if (reason instanceof ProcessGone) this.close();
    else {
      this.#answer(Errno.EIO);
      this.#onFault(reason);
    }
  }

  #answer(error: number): void {
    if (this.#closed) return;
    this.#words[Word.Error] = error;
    this.#words[Word.Signals] = this.#gate.signalsPending ? 1 : 0;
    this.#words[Word.Flags] = this.#gate.kernel.flagsVersion;
    const before = Atomics.exchange(this.#words, Word.State, State.Reply);
    if (before === State.Parked) Atomics.notify(this.#words, Word.State);
    this.#onAnswer();
  }
}
