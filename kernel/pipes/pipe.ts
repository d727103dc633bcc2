/**
 * The bytes between the ends of a pipe or FIFO (pipe(7)): a ring that grows up to the capacity. It knows
 * no process: who waits, and who gets SIGPIPE, is its ends' affair.
 */
import { PIPE_BUF, PIPE_CAPACITY } from "../limits.ts";
import { WaitQueue } from "../wait/wait-queue.ts";

const INITIAL = 4096;

export class Pipe {
  /** Open ends; a reader sees EOF when `writers` is 0, a writer EPIPE when `readers` is. */
  readers = 0;
  writers = 0;
  /** Wakes when there is something to read, or EOF. */
  readonly readable = new WaitQueue();
  /** Wakes when there is room, or nobody left to read. */
  readonly writable = new WaitQueue();

  /** Ends ever opened, and what wakes when a FIFO's end is: its openers wait for each other. */
  readersSeen = 0;
  writersSeen = 0;
  readonly arrival = new WaitQueue();

  #capacity = PIPE_CAPACITY;
  #ring = EMPTY;
  #start = 0;
  #length = 0;

  /** Bytes that wait to be read. */
  get length(): number {
    return this.#length;
  }

  get capacity(): number {
    return this.#capacity;
  }

  get room(): number {
    return this.#capacity - this.#length;
  }

  /** False where the pipe holds more than `capacity`. */
  resize(capacity: number): boolean {
    if (capacity < this.#length) return false;
    if (capacity < this.#ring.length) this.#grow(capacity);
    this.#capacity = capacity;
    this.writable.wake();
    return true;
  }

  /** Takes as much of `source` as there is room for, from `from` on. */
  put(source: Uint8Array, from: number): number {
    const count = Math.min(source.length - from, this.room);
    if (count <= 0) return 0;
    if (this.#length + count > this.#ring.length) this.#makeRoom(this.#length + count);
    const ring = this.#ring;
    const end = this.#start + this.#length;
    const at = end >= ring.length ? end - ring.length : end;
    const first = Math.min(count, ring.length - at);
    copy(source, from, ring, at, first);
    if (first < count) copy(source, from + first, ring, 0, count - first);
    this.#length += count;
    this.readable.wake();
    return count;
  }

  /** Moves up to `target.length` bytes out. */
  take(target: Uint8Array): number {
    const count = Math.min(target.length, this.#length);
    if (count === 0) return 0;
    const ring = this.#ring;
    const first = Math.min(count, ring.length - this.#start);
    copy(ring, this.#start, target, 0, first);
    if (first < count) copy(ring, 0, target, first, count - first);
    this.#length -= count;
    this.#start = this.#length === 0 ? 0 : (this.#start + count) % ring.length;
    if (this.room >= PIPE_BUF || this.#length === 0) this.writable.wake();
    return count;
  }

  #makeRoom(least: number): void {
    let size = Math.max(this.#ring.length, INITIAL);
    while (size < least) size *= 2;
    this.#grow(Math.min(size, this.#capacity));
  }

  /** Moves the content to a ring of `size` bytes, which hold it. */
  #grow(size: number): void {
    const ring = new Uint8Array(size);
    const first = Math.min(this.#length, this.#ring.length - this.#start);
    ring.set(this.#ring.subarray(this.#start, this.#start + first));
    ring.set(this.#ring.subarray(0, this.#length - first), first);
    this.#ring = ring;
    this.#start = 0;
  }
}

const EMPTY = new Uint8Array(0);

/** Below this a loop beats the set-up of a block copy. */
const SMALL = 48;

function copy(
  source: Uint8Array,
  from: number,
  target: Uint8Array,
  to: number,
  count: number,
): void {
  if (count < SMALL) {
    for (let i = 0; i < count; i++) target[to + i] = source[from + i] as number;
    return;
  }
  const whole = from === 0 && count === source.length;
  target.set(whole ? source : source.subarray(from, from + count), to);
}
