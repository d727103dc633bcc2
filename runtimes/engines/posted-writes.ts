/**
 * The kernel's view of a guest's queue of posted writes (shared-memory/layout.ts). Its content is
 * hostile: whatever a length says, no byte outside of the queue is touched, and a queue that makes no
 * sense is an empty one.
 */
import {
  POST_MAX,
  POST_WRAP,
  POSTED,
  POSTED_BYTES,
  POSTED_HEADER,
  postedBytes,
  Word,
} from "./shared-memory/layout.ts";

/** Writes of at least this many bytes are worth a system call of their own. */
const LARGE = 8192;
const GATHER_MAX = 65_536;
const MASK = POSTED_BYTES - 1;

export class PostedWrites {
  readonly #words: Int32Array;
  readonly #lengths: Int32Array;
  readonly #bytes: Uint8Array;
  #head = 0;
  /** Bytes of the first record that are written already. */
  #skip = 0;
  #gathered: Uint8Array | undefined;

  constructor(memory: SharedArrayBuffer, words: Int32Array) {
    this.#words = words;
    this.#lengths = new Int32Array(memory, POSTED, POSTED_BYTES / 4);
    this.#bytes = new Uint8Array(memory, POSTED, POSTED_BYTES);
  }

  get fd(): number {
    return this.#words[Word.PostFd] as number;
  }

  get empty(): boolean {
    return Atomics.load(this.#words, Word.PostTail) === this.#head;
  }

  /** Bytes to write next: one write, or several that make at most `mergeable` bytes. */
  next(mergeable: number): Uint8Array | undefined {
    const tail = Atomics.load(this.#words, Word.PostTail);
    const first = this.#record(this.#head, tail);
    if (!first) return this.#drop(tail);
    const { at, length } = first;
    if (length >= LARGE || length >= mergeable) {
      return this.#bytes.subarray(at + this.#skip, at + length);
    }
    return this.#gather(tail, Math.min(mergeable, GATHER_MAX));
  }

  /** The first `count` bytes of the queue are written. */
  done(count: number): void {
    const tail = Atomics.load(this.#words, Word.PostTail);
    for (let left = count; left > 0; ) {
      const record = this.#record(this.#head, tail);
      if (!record) break;
      const rest = record.length - this.#skip;
      if (left < rest) {
        this.#skip += left;
        break;
      }
      left -= rest;
      this.#skip = 0;
      this.#head = record.end;
    }
    Atomics.store(this.#words, Word.PostHead, this.#head);
  }

  /** Drops what is left: it can no longer be written. */
  clear(): void {
    this.#drop(Atomics.load(this.#words, Word.PostTail));
  }

  #gather(tail: number, most: number): Uint8Array {
    this.#gathered ??= new Uint8Array(GATHER_MAX);
    const target = this.#gathered;
    let total = 0;
    let skip = this.#skip;
    for (let head = this.#head; ; ) {
      const record = this.#record(head, tail);
      if (!record || total + record.length - skip > most) break;
      target.set(this.#bytes.subarray(record.at + skip, record.at + record.length), total);
      total += record.length - skip;
      skip = 0;
      head = record.end;
    }
    return target.subarray(0, total);
  }

  /** The record at `head`, read once: where its bytes are, and where the next one begins. */
  #record(head: number, tail: number): { at: number; length: number; end: number } | undefined {
    let start = head;
    let filled = (tail - start) | 0;
    if (filled <= 0 || filled > POSTED_BYTES) return undefined;
    let length = this.#lengths[(start & MASK) >> 2] as number;
    if (length === POST_WRAP) {
      const rest = POSTED_BYTES - (start & MASK);
      start = (start + rest) | 0;
      filled -= rest;
      length = this.#lengths[0] as number;
    }
    const at = (start & MASK) + POSTED_HEADER;
    const size = postedBytes(length);
    const sound = length > 0 && length <= POST_MAX && size <= filled && at + length <= POSTED_BYTES;
    return sound ? { at, length, end: (start + size) | 0 } : undefined;
  }

  #drop(tail: number): undefined {
    this.#head = tail;
    this.#skip = 0;
    Atomics.store(this.#words, Word.PostHead, tail);
  }
}
