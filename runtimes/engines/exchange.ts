/**
 * The kernel's end of all channels of its thread: takes calls, carries them through the process's gate,
 * and answers. Everything in a channel is hostile: each number is read once and checked, each reader is
 * bounded by its channel, and what a guest writes there can hurt that guest only.
 */
import type { Gate, Scheduler, Timer } from "../../kernel/index.ts";
import { GuestPort, type Port, type PortHooks } from "./guest-port.ts";
import {
  BELL_BYTES,
  Bell,
  CHANNEL_BYTES,
  CHANNELS,
  SUMMARY_WORDS,
} from "./shared-memory/layout.ts";

/** Microseconds that the kernel polls for the next call before it goes back to its event loop. */
const LINGER_MAX = 40;
/** Milliseconds of calls in a row after which the event loop gets a turn. */
const TURN_MAX = 2;
/** Channels that wait for another guest; a new one costs the pages that a guest touches. */
const SPARE = 16;
/** Milliseconds that a posted write waits at most while its guest computes on. */
const COLLECT_MS = 2;
/** Looks at the doorbell in one go, between which other jobs of the kernel run. */
const LOOKS = 40;

export interface ExchangeOptions {
  readonly scheduler: Scheduler;
  /** Hears of a handler's exception that is no errno: a fault of the kernel itself. */
  readonly onFault: (reason: unknown) => void;
}

export class Exchange {
  readonly bell = new SharedArrayBuffer(BELL_BYTES);
  readonly #bell = new Int32Array(this.bell);
  readonly #ports: (GuestPort | undefined)[] = [];
  readonly #freeSlots: number[] = [];
  readonly #spare: SharedArrayBuffer[] = [];
  readonly #hooks: PortHooks;
  readonly #seenHooks: PortHooks;
  readonly #scheduler: Scheduler;
  #collecting: Timer | undefined;
  #open = 0;
  #running = false;
  #turnEnd = 0;
  #linger = LINGER_MAX;

  constructor({ scheduler, onFault }: ExchangeOptions) {
    this.#scheduler = scheduler;
    this.#hooks = {
      onFault,
      free: (port, reused) => this.#free(port, reused),
      onAnswer: () => {
        this.#collecting ??= scheduler.setTimer(this.#collect, COLLECT_MS);
      },
    };
    this.#seenHooks = { ...this.#hooks, free: (port) => this.#free(port, false) };
  }

  /**
   * A channel through `gate`, or undefined where all are taken. A JavaScript program can get at its
   * channel (`isSeen`): that memory was nobody's before and will be nobody's after, for it holds what
   * other machines said, and a thread of the program might outlive it for a moment.
   */
  open(gate: Gate, isSeen = false): Port | undefined {
    const slot = this.#freeSlots.pop() ?? this.#ports.length;
    if (slot >= CHANNELS) return undefined;
    const memory = (isSeen ? undefined : this.#spare.pop()) ?? newChannel();
    const port = new GuestPort(gate, slot, memory, isSeen ? this.#seenHooks : this.#hooks);
    this.#ports[slot] = port;
    this.#open++;
    if (!this.#running) this.#start();
    this.#hooks.onAnswer();
    return port;
  }

  /** Takes what guests that compute have posted and not rung for, as long as there are any. */
  readonly #collect = (): void => {
    let any = false;
    for (const port of this.#ports) {
      if (!port?.computes) continue;
      port.serve();
      any = true;
    }
    this.#collecting = any ? this.#scheduler.setTimer(this.#collect, COLLECT_MS) : undefined;
  };

  #free({ slot, memory }: GuestPort, reused: boolean): void {
    this.#ports[slot] = undefined;
    this.#freeSlots.push(slot);
    if (reused && this.#spare.length < SPARE) this.#spare.push(memory);
    // The last one is gone: wake the sleeper, so that it ends.
    if (--this.#open > 0) return;
    this.#wake();
    this.#collecting?.cancel();
    this.#collecting = undefined;
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
    else void this.#scheduler.yield().then(this.#begin);
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
