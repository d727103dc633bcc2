/**
 * The guest's end of a channel: makes one call at a time and blocks the thread until the answer is
 * there. Runs inside the guest's isolate; the program in it never sees the shared memory.
 */
import { copyIn, copyOut } from "./copy.ts";
import {
  AHEAD,
  Bell,
  BODY,
  POST_MAX,
  POST_RING,
  POST_WRAP,
  POSTED,
  POSTED_BYTES,
  POSTED_HEADER,
  postedBytes,
  State,
  Word,
} from "./layout.ts";

/** Unwinds a guest whose process ended or runs another program now. */
export class GuestGone {
  readonly guestGone = true;
}

// A JavaScript program may put functions of its own in their place, and would be handed the doorbell.
const { compareExchange, exchange, load, notify, or, store, wait } = Atomics;

const WASM_PAGE = 65_536;
/** Polls before a guest sleeps, at most; more than a short call takes, less than a thread switch costs. */
const SPIN_MAX = 2000;
/** Calls between two tries to poll where polling has not paid. */
const PROBE_INTERVAL = 32;

export class Channel {
  readonly bytes: Uint8Array;
  /** Calls made so far. */
  callCount = 0;
  readonly #words: Int32Array;
  readonly #posted: Int32Array;
  readonly #bell: Int32Array;
  readonly #pendingWord: number;
  readonly #pendingBit: number;
  readonly #summaryWord: number;
  readonly #summaryBit: number;
  /** A call was sent whose answer nobody has waited for. */
  #sent = false;
  #spin = SPIN_MAX;
  #untilProbe = PROBE_INTERVAL;

  constructor(memory: ArrayBufferLike, bell: ArrayBufferLike, slot: number) {
    this.bytes = new Uint8Array(memory, 0, memory.byteLength);
    this.#words = new Int32Array(memory, 0, BODY / 4);
    this.#posted = new Int32Array(memory, POSTED, POSTED_BYTES / 4);
    this.#bell = new Int32Array(bell);
    const word = slot >> 5;
    this.#pendingWord = Bell.Pending + word;
    this.#pendingBit = 1 << (slot & 31);
    this.#summaryWord = Bell.Summary + (word >> 5);
    this.#summaryBit = 1 << (word & 31);
  }

  /** See Word.Flags. */
  get flagsVersion(): number {
    return this.#words[Word.Flags] as number;
  }

  noteMemory(bytes: number): void {
    this.#words[Word.MemoryPages] = bytes / WASM_PAGE;
  }

  /** Not 0 while a caught signal waits for sigtake, as of the last answer. */
  get signals(): number {
    return this.#words[Word.Signals] as number;
  }

  /** Bytes that a read brought beyond what was asked for, and that are not read yet. */
  get aheadLeft(): number {
    return this.#words[Word.AheadLeft] as number;
  }

  /** Takes the next of them. */
  takeAhead(target: Uint8Array): number {
    const words = this.#words;
    const left = words[Word.AheadLeft] as number;
    const start = AHEAD + (words[Word.AheadEnd] as number) - left;
    const count = Math.min(left, target.length);
    copyOut(this.bytes, start, target, count);
    words[Word.AheadLeft] = left - count;
    return count;
  }

  /**
   * Queues a write that nobody needs to wait for; false where it has to be made as a call: the queue is
   * full, it holds another descriptor's writes, a signal waits, or a failure would have to be reported.
   */
  post(fd: number, source: Uint8Array): boolean {
    const words = this.#words;
    this.settle();
    if (words[Word.MayPost] === 0 || words[Word.Signals] !== 0) return false;
    if (source.length > POST_MAX) return false;
    const tail = words[Word.PostTail] as number;
    const used = (tail - load(words, Word.PostHead)) | 0;
    if (words[Word.PostFd] !== fd) {
      if (used !== 0) return false;
      words[Word.PostFd] = fd;
    }
    let at = tail & (POSTED_BYTES - 1);
    let size = postedBytes(source.length);
    const untilEnd = POSTED_BYTES - at;
    const wraps = size > untilEnd;
    if (wraps) size += untilEnd;
    if (used + size > POSTED_BYTES) return false;
    if (wraps) {
      this.#posted[at >> 2] = POST_WRAP;
      at = 0;
    }
    this.#posted[at >> 2] = source.length;
    copyIn(this.bytes, POSTED + at + POSTED_HEADER, source);
    store(words, Word.PostTail, (tail + size) | 0);
    if (used < POST_RING && used + size >= POST_RING) this.#ring();
    return true;
  }

  /** Before anything is put at BODY: what was sent there has to be with the kernel. */
  settle(): void {
    if (!this.#sent) return;
    this.#sent = false;
    this.#await();
    if (load(this.#words, Word.State) === State.Gone) throw new GuestGone();
  }

  /** Sends the call whose arguments lie at BODY; its answer is of no interest. */
  send(number: number, length: number): void {
    this.#begin(number, length);
    this.#sent = true;
  }

  /** Makes the call whose arguments lie at BODY; its errno, 0, or RESTART. */
  call(number: number, length: number): number {
    const words = this.#words;
    this.#begin(number, length);
    this.#await();
    if (load(words, Word.State) === State.Gone) throw new GuestGone();
    return words[Word.Error] as number;
  }

  #begin(number: number, length: number): void {
    const words = this.#words;
    this.callCount++;
    words[Word.Number] = number;
    words[Word.Length] = length;
    store(words, Word.State, State.Request);
    this.#ring();
  }

  #ring(): void {
    const bell = this.#bell;
    const before = or(bell, this.#pendingWord, this.#pendingBit);
    // Rung already, and not heard yet.
    if ((before & this.#pendingBit) !== 0) return;
    or(bell, this.#summaryWord, this.#summaryBit);
    if (load(bell, Bell.Awake) === 0 && exchange(bell, Bell.Awake, 1) === 0) {
      this.#spin >>= 1;
      notify(bell, Bell.Awake);
    }
  }

  #await(): void {
    const words = this.#words;
    for (let left = this.#spin; left > 0; left--) {
      if (load(words, Word.State) !== State.Request) {
        this.#spin = Math.min(SPIN_MAX, this.#spin + 100);
        return;
      }
    }
    this.#adapt();
    if (compareExchange(words, Word.State, State.Request, State.Parked) !== State.Request) {
      return;
    }
    do wait(words, Word.State, State.Parked);
    while (load(words, Word.State) === State.Parked);
  }

  /** Polls less where it did not pay, and tries it again now and then. */
  #adapt(): void {
    this.#spin >>= 1;
    if (this.#spin > 0 || --this.#untilProbe > 0) return;
    this.#untilProbe = PROBE_INTERVAL;
    this.#spin = SPIN_MAX >> 2;
  }
}
