/**
 * What the ends of a pipe or FIFO share (pipe(7)): the bytes on their way, how many ends are open, and
 * who waits. It knows no process: SIGPIPE and blocking are its ends' affair.
 */
import { PIPE_BUF } from "../limits.ts";
import { WaitQueue } from "../wait/wait-queue.ts";
import { ByteRing } from "./byte-ring.ts";

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

  /** Called when the last end is closed. */
  onGone: (() => void) | undefined;

  readonly #bytes: ByteRing;

  constructor(capacity: number) {
    this.#bytes = new ByteRing(capacity);
  }

  /** Bytes that wait to be read. */
  get length(): number {
    return this.#bytes.length;
  }

  get capacity(): number {
    return this.#bytes.capacity;
  }

  get room(): number {
    return this.#bytes.room;
  }

  /** False where the pipe holds more than `capacity`. */
  resize(capacity: number): boolean {
    if (!this.#bytes.resize(capacity)) return false;
    this.writable.wake();
    return true;
  }

  /** Takes as much of `source` as there is room for, from `from` on. */
  put(source: Uint8Array, from: number): number {
    const count = this.#bytes.put(source, from);
    if (count > 0) this.readable.wake();
    return count;
  }

  /** Puts bytes back in front that a reader took and did not use, even if that is more than it holds. */
  unread(source: Uint8Array): void {
    this.#bytes.putBack(source);
    this.readable.wake();
  }

  /** Moves up to `target.length` bytes out. */
  take(target: Uint8Array): number {
    const count = this.#bytes.take(target);
    if (this.#bytes.room >= PIPE_BUF) this.writable.wake();
    return count;
  }
}
