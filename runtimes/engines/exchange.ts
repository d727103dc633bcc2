/**
 * The kernel's end of all channels of its thread: takes calls, carries them through the process's gate,
 * and answers. Everything in a channel is hostile: each number is read once and checked, each reader is
 * bounded by its channel, and what a guest writes there can hurt that guest only.
 */
import { type Definition, Reader, syscallsByNumber, Writer } from "../../kernel/abi.ts";
import { Errno, type Gate, KernelError, ProcessGone, Restart } from "../../kernel/index.ts";
import {
  BELL_BYTES,
  Bell,
  BODY,
  CHANNEL_BYTES,
  CHANNELS,
  OUT_OFFSET,
  RESTART,
  State,
  SUMMARY_WORDS,
  Word,
} from "./shared-memory/layout.ts";

/** Microseconds that the kernel polls for the next call before it goes back to its event loop. */
const LINGER_MAX = 40;
/** Milliseconds of calls in a row after which the event loop gets a turn. */
const TURN_MAX = 2;
/** Channels that wait for another guest; a new one costs the pages that a guest touches. */
const SPARE = 16;
/** Looks at the doorbell in one go, between which other jobs of the kernel run. */
const LOOKS = 40;

export interface Port {
  readonly memory: SharedArrayBuffer;
  readonly slot: number;
  /** True while the kernel has a call of the guest, which waits for the answer. */
  readonly inCall: boolean;
  /** Ends the guest's calls: one under way unwinds it. Idempotent. */
  close(): void;
  /** The guest's thread is gone: the channel may serve another one. */
  release(): void;
}

export class Exchange {
  readonly bell = new SharedArrayBuffer(BELL_BYTES);
  readonly #bell = new Int32Array(this.bell);
  readonly #ports: (GuestPort | undefined)[] = [];
  readonly #freeSlots: number[] = [];
  readonly #spare: SharedArrayBuffer[] = [];
  readonly #onFault: (reason: unknown) => void;
  #open = 0;
  #running = false;
  #turnEnd = 0;
  #linger = LINGER_MAX;

  /** `onFault` hears of a handler's exception that is no errno: a fault of the kernel itself. */
  constructor(onFault: (reason: unknown) => void) {
    this.#onFault = onFault;
  }

  /** A channel through `gate`, or undefined where all are taken. */
  open(gate: Gate): Port | undefined {
    const slot = this.#freeSlots.pop() ?? this.#ports.length;
    if (slot >= CHANNELS) return undefined;
    const memory = this.#spare.pop() ?? newChannel();
    const port = new GuestPort(gate, slot, memory, () => this.#free(port), this.#onFault);
    this.#ports[slot] = port;
    this.#open++;
    if (!this.#running) this.#start();
    return port;
  }

  #free({ slot, memory }: GuestPort): void {
    this.#ports[slot] = undefined;
    this.#freeSlots.push(slot);
    if (this.#spare.length < SPARE) this.#spare.push(memory);
    // The last one is gone: wake the sleeper, so that it ends.
    if (--this.#open === 0) this.#wake();
  }

  #wake(): void {
    Atomics.store(this.#bell, Bell.Awake, 1);
    Atomics.notify(this.#bell, Bell.Awake);
  }

  #start(): void {
    this.#running = true;
    Atomics.store(this.#bell, Bell.Awake, 1);
    queueMicrotask(this.#begin);
  }

  readonly #begin = (): void => {
    this.#turnEnd = performance.now() + TURN_MAX;
    this.#serve();
  };

  /** Serves what waits, then lingers: a microtask at a time, so that woken programs run in between. */
  readonly #serve = (): void => {
    let served = 0;
    for (let word = 0; word < SUMMARY_WORDS; word++) served += this.#serveSummary(word);
    if (served === 0) this.#lingerUntil(performance.now() + this.#linger / 1000);
    else if (performance.now() < this.#turnEnd) queueMicrotask(this.#serve);
    else setImmediate(this.#begin);
  };

  #lingerUntil(end: number): void {
    const look = () => {
      for (let i = 0; i < LOOKS; i++) {
        if (!this.#rung()) continue;
        this.#serve();
        return;
      }
      if (performance.now() < end) queueMicrotask(look);
      else this.#sleep();
    };
    look();
  }

  #rung(): boolean {
    for (let word = 0; word < SUMMARY_WORDS; word++) {
      if (Atomics.load(this.#bell, Bell.Summary + word) !== 0) return true;
    }
    return false;
  }

  #sleep(): void {
    if (this.#open === 0) {
      this.#running = false;
      return;
    }
    Atomics.store(this.#bell, Bell.Awake, 0);
    if (this.#rung()) {
      Atomics.store(this.#bell, Bell.Awake, 1);
      this.#serve();
      return;
    }
    const asleepSince = performance.now();
    const wait = Atomics.waitAsync(this.#bell, Bell.Awake, 0);
    if (!wait.async) {
      this.#begin();
      return;
    }
    void wait.value.then(() => {
      // Lingering pays where the next call comes before its time is over.
      const slept = (performance.now() - asleepSince) * 1000;
      this.#linger = slept < 2 * LINGER_MAX ? LINGER_MAX : this.#linger >> 1;
      this.#begin();
    });
  }

  #serveSummary(index: number): number {
    let words = Atomics.exchange(this.#bell, Bell.Summary + index, 0);
    let served = 0;
    while (words !== 0) {
      const word = 31 - Math.clz32(words);
      words &= ~(1 << word);
      let bits = Atomics.exchange(this.#bell, Bell.Pending + index * 32 + word, 0);
      while (bits !== 0) {
        const bit = 31 - Math.clz32(bits);
        bits &= ~(1 << bit);
        served++;
        this.#ports[(index * 32 + word) * 32 + bit]?.serve();
      }
    }
    return served;
  }
}

/** Growable memory is mapped, not allocated: pages that nobody touches are never there. */
function newChannel(): SharedArrayBuffer {
  return new SharedArrayBuffer(CHANNEL_BYTES, { maxByteLength: CHANNEL_BYTES });
}

class GuestPort implements Port {
  readonly memory: SharedArrayBuffer;
  readonly slot: number;
  readonly #gate: Gate;
  readonly #free: () => void;
  readonly #onFault: (reason: unknown) => void;
  readonly #words: Int32Array;
  readonly #reader: Reader;
  readonly #writer: Writer;
  inCall = false;
  #closed = false;
  #released = false;

  constructor(
    gate: Gate,
    slot: number,
    memory: SharedArrayBuffer,
    free: () => void,
    onFault: (reason: unknown) => void,
  ) {
    this.#gate = gate;
    this.slot = slot;
    this.#free = free;
    this.#onFault = onFault;
    this.memory = memory;
    // Views of a fixed length, which are faster than those that would follow growth.
    this.#words = new Int32Array(memory, 0, BODY / 4).fill(0);
    const bytes = new Uint8Array(memory, 0, CHANNEL_BYTES);
    this.#reader = new Reader(bytes, BODY, BODY, bytes.subarray(BODY + OUT_OFFSET));
    this.#writer = new Writer(bytes);
  }

  /** Takes the call that lies in the channel. */
  serve(): void {
    // One call at a time, and none where the ring came from the slot's last owner.
    if (this.inCall || this.#closed) return;
    const state = Atomics.load(this.#words, Word.State);
    if (state !== State.Request && state !== State.Parked) return;
    const number = this.#words[Word.Number] as number;
    const entry = syscallsByNumber[number];
    this.inCall = true;
    if (entry === undefined) {
      this.#answer(Errno.ENOSYS);
      return;
    }
    const { name, definition } = entry;
    let result: unknown;
    try {
      const args = this.#decode(definition.parameters);
      result = this.#gate.invoke(name, args, true);
    } catch (reason) {
      this.#fail(reason);
      return;
    }
    if (!(result instanceof Promise)) {
      this.#succeed(definition.result, result);
      return;
    }
    result.then(
      (value) => this.#succeed(definition.result, value),
      (reason) => this.#fail(reason),
    );
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    Atomics.store(this.#words, Word.State, State.Gone);
    Atomics.notify(this.#words, Word.State);
  }

  release(): void {
    this.close();
    if (!this.#released) this.#free();
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
    this.inCall = false;
    if (this.#closed) return;
    this.#words[Word.Error] = error;
    this.#words[Word.Signals] = this.#gate.signalsPending ? 1 : 0;
    this.#words[Word.Flags] = this.#gate.kernel.flagsVersion;
    const before = Atomics.exchange(this.#words, Word.State, State.Reply);
    if (before === State.Parked) Atomics.notify(this.#words, Word.State);
  }
}
