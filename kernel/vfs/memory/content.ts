/**
 * The bytes of one file: chunks of 64 KiB at most, made when they are first written. A chunk knows which
 * of its pages hold data, so holes are exact to a page. Where there is no chunk, the file below shows
 * through as far as it reaches, and zeros stand behind that.
 */
import { Errno, fail } from "../../errno.ts";
import { PAGE_SIZE } from "../constants.ts";
import type { Inode } from "../file-system.ts";
import type { Quota } from "../quota.ts";
import { Chunks } from "./chunks.ts";

export const CHUNK_SIZE = 65_536;
const PAGES = CHUNK_SIZE / PAGE_SIZE;
/** Sizes of chunks are multiples of this. */
const GRAIN = 16;

export interface Chunk {
  /** Reaches as far as the chunk was ever written, or further; zeros behind that. */
  data: Uint8Array;
  /** Bit i: page i holds data. */
  pages: number;
}

export class Content {
  readonly #quota: Quota;
  readonly #chunks = new Chunks();
  /** Shows through up to #lowerSize where there is no chunk. */
  readonly #lower: Inode | undefined;
  #lowerSize: number;
  /** Pages with data in chunks. */
  #ownPages = 0;

  constructor(quota: Quota, lower: Inode | undefined, lowerSize: number) {
    this.#quota = quota;
    this.#lower = lower;
    this.#lowerSize = lowerSize;
  }

  /** Pages with data, here or below. */
  get pages(): number {
    let pages = this.#ownPages + Math.ceil(this.#lowerSize / PAGE_SIZE);
    if (this.#lowerSize === 0 || this.#chunks.size === 0) return pages;
    for (const index of this.#chunks.from(0))
      pages -= Math.ceil(this.#lowerPart(index) / PAGE_SIZE);
    return pages;
  }

  /** Fills `length` bytes of `target`, all of which lie inside the file. */
  read(target: Uint8Array, position: number, length: number): void {
    for (let done = 0; done < length; ) {
      const index = Math.floor((position + done) / CHUNK_SIZE);
      const from = position + done - index * CHUNK_SIZE;
      const count = Math.min(CHUNK_SIZE - from, length - done);
      const chunk = this.#chunks.get(index);
      if (chunk) readChunk(chunk, from, target, done, count);
      else this.#readBelow(index, from, target, done, count);
      done += count;
    }
  }

  /** Returns the bytes written: fewer than asked where space ran out in the middle; ENOSPC for none. */
  write(source: Uint8Array, position: number): number {
    let done = 0;
    while (done < source.length) {
      const index = Math.floor((position + done) / CHUNK_SIZE);
      const from = position + done - index * CHUNK_SIZE;
      const wanted = Math.min(CHUNK_SIZE - from, source.length - done);
      const count = Math.min(wanted, this.#room(index, from, wanted));
      if (count <= 0) return done > 0 ? done : fail(Errno.ENOSPC);
      const chunk = this.#writable(index, from, count);
      const whole = count === source.length;
      chunk.data.set(whole ? source : source.subarray(done, done + count), from);
      this.#mark(chunk, from, from + count);
      done += count;
    }
    return done;
  }

  /** Drops everything from `size` on, so that zeros stand there if the file grows again. */
  cut(size: number): void {
    this.#lowerSize = Math.min(this.#lowerSize, size);
    const boundary = Math.floor(size / CHUNK_SIZE);
    const within = size - boundary * CHUNK_SIZE;
    for (const index of this.#chunks.from(boundary)) {
      if (index > boundary || within === 0) this.#drop(index);
      else this.#shorten(this.#chunks.get(index) as Chunk, within);
    }
  }

  /** Makes a hole. */
  punch(from: number, to: number): void {
    if (from >= to) return;
    this.#raiseRange(from, to);
    for (const index of this.#chunks.from(Math.floor(from / CHUNK_SIZE))) {
      const start = index * CHUNK_SIZE;
      if (start >= to) continue;
      const chunk = this.#chunks.get(index) as Chunk;
      this.#clear(chunk, Math.max(from - start, 0), Math.min(to - start, CHUNK_SIZE));
      if (chunk.pages === 0 && start >= this.#lowerSize) this.#drop(index);
    }
  }

  /** Gives every page from `from` to `to` its memory; all or ENOSPC. */
  reserve(from: number, to: number): void {
    const chunks = Math.ceil((to - from) / CHUNK_SIZE);
    const most = this.#quota.freeMemory / CHUNK_SIZE + this.#chunks.size + 1;
    if (chunks > most) fail(Errno.ENOSPC);
    for (let at = from; at < to; ) {
      const index = Math.floor(at / CHUNK_SIZE);
      const start = index * CHUNK_SIZE;
      const end = Math.min(to - start, CHUNK_SIZE);
      this.#raiseChunk(index);
      this.#mark(this.#writable(index, at - start, end - (at - start)), at - start, end);
      at = start + end;
    }
  }

  /** Moves `length` bytes from one offset to another; holes stay holes where whole chunks are. */
  move(from: number, to: number, length: number): void {
    const buffer = new Uint8Array(CHUNK_SIZE);
    const step = (at: number, count: number) => {
      if (this.nextData(from + at) >= from + at + count) {
        this.punch(to + at, to + at + count);
        return;
      }
      const part = buffer.subarray(0, count);
      this.read(part, from + at, count);
      if (this.write(part, to + at) < count) fail(Errno.ENOSPC);
    };
    if (to < from) {
      for (let at = 0; at < length; at += CHUNK_SIZE) step(at, Math.min(CHUNK_SIZE, length - at));
    } else {
      for (let end = length; end > 0; end -= CHUNK_SIZE) {
        const at = Math.max(end - CHUNK_SIZE, 0);
        step(at, end - at);
      }
    }
  }

  /** The first offset of data at or behind `offset`; Infinity where none follows. */
  nextData(offset: number): number {
    let index = Math.floor(offset / CHUNK_SIZE);
    let from = offset - index * CHUNK_SIZE;
    for (;;) {
      const chunk = this.#chunks.get(index);
      if (!chunk && this.#lowerPart(index) > from) return index * CHUNK_SIZE + from;
      for (let page = Math.floor(from / PAGE_SIZE); chunk && page < PAGES; page++) {
        if (chunk.pages & (1 << page)) return index * CHUNK_SIZE + Math.max(from, page * PAGE_SIZE);
      }
      index++;
      from = 0;
      if (index * CHUNK_SIZE >= this.#lowerSize) index = this.#chunks.next(index);
      if (index < 0) return Number.POSITIVE_INFINITY;
    }
  }

  /** The first offset of a hole at or behind `offset`. */
  nextHole(offset: number): number {
    let from = offset % CHUNK_SIZE;
    for (let index = Math.floor(offset / CHUNK_SIZE); ; index++) {
      const chunk = this.#chunks.get(index);
      const shown = this.#lowerPart(index);
      if (!chunk && shown < CHUNK_SIZE) return index * CHUNK_SIZE + Math.max(from, shown);
      for (let page = Math.floor(from / PAGE_SIZE); chunk && page < PAGES; page++) {
        if (!(chunk.pages & (1 << page)))
          return index * CHUNK_SIZE + Math.max(from, page * PAGE_SIZE);
      }
      from = 0;
    }
  }

  /** Bytes of chunk `index` to which the file below reaches. */
  #lowerPart(index: number): number {
    return Math.min(Math.max(this.#lowerSize - index * CHUNK_SIZE, 0), CHUNK_SIZE);
  }

  #readBelow(index: number, from: number, target: Uint8Array, at: number, count: number): void {
    const shown = Math.min(Math.max(this.#lowerPart(index) - from, 0), count);
    if (shown > 0) {
      readFully(this.#lower as Inode, target.subarray(at, at + shown), index * CHUNK_SIZE + from);
    }
    if (shown < count) target.fill(0, at + shown, at + count);
  }

  /** How many of `wanted` bytes at `from` in chunk `index` there is memory for. */
  #room(index: number, from: number, wanted: number): number {
    const { freeMemory } = this.#quota;
    if (freeMemory >= CHUNK_SIZE + GRAIN) return wanted;
    const own = this.#chunks.get(index)?.data.length ?? 0;
    const reach = own + Math.floor(freeMemory / GRAIN) * GRAIN;
    return own > 0 || reach >= this.#lowerPart(index) ? reach - from : 0;
  }

  /** The chunk `index`, long enough for `count` bytes at `from`, and holding what is below. */
  #writable(index: number, from: number, count: number): Chunk {
    const shown = this.#lowerPart(index);
    const covered = from === 0 && count >= shown;
    const chunk = covered ? this.#chunks.get(index) : this.#raiseChunk(index);
    if (!chunk) return this.#make(index, from + count);
    if (chunk.data.length < from + count) this.#grow(chunk, from + count);
    return chunk;
  }

  #make(index: number, length: number): Chunk {
    const size = Math.ceil(length / GRAIN) * GRAIN;
    this.#quota.takeMemory(size);
    const chunk = { data: new Uint8Array(size), pages: 0 };
    this.#chunks.set(index, chunk);
    return chunk;
  }

  #grow(chunk: Chunk, length: number): void {
    const old = chunk.data;
    const roomy = Math.min(Math.max(length, old.length * 2), CHUNK_SIZE);
    const wanted = roomy - old.length > this.#quota.freeMemory ? length : roomy;
    const size = Math.ceil(wanted / GRAIN) * GRAIN;
    this.#quota.takeMemory(size - old.length);
    chunk.data = new Uint8Array(size);
    chunk.data.set(old);
  }

  /** The chunk `index`; copied from below where only that has it. */
  #raiseChunk(index: number): Chunk | undefined {
    const own = this.#chunks.get(index);
    const shown = this.#lowerPart(index);
    if (own || shown === 0) return own;
    const copy = new Uint8Array(shown);
    readFully(this.#lower as Inode, copy, index * CHUNK_SIZE);
    const chunk = this.#make(index, shown);
    chunk.data.set(copy);
    this.#mark(chunk, 0, shown);
    return chunk;
  }

  #raiseRange(from: number, to: number): void {
    const end = Math.min(to, this.#lowerSize);
    for (let index = Math.floor(from / CHUNK_SIZE); index * CHUNK_SIZE < end; index++)
      this.#raiseChunk(index);
  }

  #mark(chunk: Chunk, from: number, to: number): void {
    if (from >= to) return;
    const first = Math.floor(from / PAGE_SIZE);
    const last = Math.floor((to - 1) / PAGE_SIZE);
    const added = ((2 << last) - (1 << first)) & ~chunk.pages;
    if (added === 0) return;
    chunk.pages |= added;
    this.#ownPages += countBits(added);
  }

  /** Zeroes a range; pages that lie in it entirely become holes. */
  #clear(chunk: Chunk, from: number, to: number): void {
    chunk.data.fill(0, from, to);
    const first = Math.ceil(from / PAGE_SIZE);
    // The file may end inside its last page.
    const last = to >= chunk.data.length ? PAGES : Math.floor(to / PAGE_SIZE);
    if (first < last) this.#unmark(chunk, ((1 << last) - (1 << first)) & chunk.pages);
  }

  #unmark(chunk: Chunk, pages: number): void {
    chunk.pages &= ~pages;
    this.#ownPages -= countBits(pages);
  }

  #shorten(chunk: Chunk, length: number): void {
    const size = Math.ceil(length / GRAIN) * GRAIN;
    if (size < chunk.data.length) {
      this.#quota.giveMemory(chunk.data.length - size);
      chunk.data = chunk.data.slice(0, size);
    }
    chunk.data.fill(0, length);
    const kept = (1 << Math.ceil(length / PAGE_SIZE)) - 1;
    this.#unmark(chunk, chunk.pages & ~kept);
  }

  #drop(index: number): void {
    const chunk = this.#chunks.get(index);
    if (!chunk) return;
    this.#unmark(chunk, chunk.pages);
    this.#quota.giveMemory(chunk.data.length);
    this.#chunks.delete(index);
  }
}

function readChunk(
  { data }: Chunk,
  from: number,
  target: Uint8Array,
  at: number,
  count: number,
): void {
  const there = Math.min(Math.max(data.length - from, 0), count);
  if (there === data.length) target.set(data, at);
  else if (there > 0) target.set(data.subarray(from, from + there), at);
  if (there < count) target.fill(0, at + there, at + count);
}

/** Fills `target` from the file below; zeros where that proves shorter than it said. */
function readFully(lower: Inode, target: Uint8Array, position: number): void {
  const handle = lower.open(0);
  try {
    let done = 0;
    while (done < target.length) {
      const count = handle.read(target.subarray(done), position + done);
      if (count === 0) break;
      done += count;
    }
    target.fill(0, done);
  } finally {
    handle.close();
  }
}

function countBits(mask: number): number {
  let count = 0;
  for (let rest = mask; rest !== 0; rest &= rest - 1) count++;
  return count;
}
