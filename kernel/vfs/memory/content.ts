/**
 * The bytes of one file: chunks of 64 KiB at most, made when they are first written. A chunk knows which
 * of its pages hold data, so holes are exact to a page. Where there is no chunk, the file below shows
 * through as far as it reaches, and zeros stand behind that. What the last commit has is read from its
 * store when it is needed; it is charged all the same.
 */
import { Errno, fail } from "../../errno.ts";
import type { ContentCapture, PartCapture, WrittenPart } from "../../state/capture.ts";
import { NEED_BYTES_MAX } from "../../state/chunk-reader.ts";
import type { Hash } from "../../state/chunk-store.ts";
import {
  CONTENT_BYTES,
  type ContentRecord,
  chargeOf,
  decodePart,
  GRAIN,
  PARTS_INLINE,
  pagesOf,
} from "../../state/records.ts";
import { contentsShape } from "../../state/shapes.ts";
import { nextLeaf } from "../../state/sorted-tree.ts";
import { corrupt } from "../../state/wire.ts";
import { PAGE_SIZE } from "../constants.ts";
import type { Inode } from "../file-system.ts";
import type { Quota } from "../quota.ts";
import { type Chunk, chargedFor, readChunk, stored, zeroFrom } from "./chunk.ts";
import { Chunks } from "./chunks.ts";
import type { MemoryFileSystem } from "./file-system.ts";

export const CHUNK_SIZE = CONTENT_BYTES;
const PAGES = CHUNK_SIZE / PAGE_SIZE;

export class Content {
  readonly #fileSystem: MemoryFileSystem;
  #chunks = new Chunks();
  /** Shows through up to #lowerSize where there is no chunk. */
  readonly #lower: Inode | undefined;
  #lowerSize: number;
  /** Of the file that showed through when it was first changed. */
  readonly #lowerDigest: string | undefined;
  /** Pages with data in chunks. */
  #ownPages = 0;
  /** The last commit, where it lists the chunks apart; until they are needed, they are not in #chunks. */
  #root: Hash | undefined;
  #unread: ContentRecord | undefined;
  /** Chunks that #root, or the capture under way, has otherwise. */
  readonly #changed = new Set<number>();
  #captured: ContentCapture | undefined;

  constructor(
    fileSystem: MemoryFileSystem,
    lower: Inode | undefined,
    lowerSize: number,
    record?: ContentRecord,
  ) {
    this.#fileSystem = fileSystem;
    this.#lower = lower;
    this.#lowerSize = lowerSize;
    this.#lowerDigest = record ? record.lowerDigest : lower?.digest;
    if (!record) return;
    fileSystem.kept?.admit(record.charge, 0);
    this.#root = record.root;
    this.#ownPages = record.pages;
    if (record.parts) for (const part of record.parts) this.#chunks.set(part.index, stored(part));
    else this.#unread = record;
  }

  /** Pages with data, here or below. */
  get pages(): number {
    if (this.#lowerSize > 0) this.#list();
    let pages = this.#ownPages + Math.ceil(this.#lowerSize / PAGE_SIZE);
    if (this.#lowerSize === 0 || this.#chunks.size === 0) return pages;
    for (const index of this.#chunks.from(0))
      pages -= Math.ceil(this.#lowerPart(index) / PAGE_SIZE);
    return pages;
  }

  /** Of the file below, where a file of `size` shows all of that and nothing else. */
  digest(size: number): string | undefined {
    const untouched = this.#chunks.size === 0 && this.#unread === undefined;
    if (!untouched || !this.#lower || this.#lowerSize !== size) return undefined;
    return this.#lower.attributes().size === size ? this.#lower.digest : undefined;
  }

  /** Bytes that its chunks are charged with. */
  get charge(): number {
    if (this.#unread) return this.#unread.charge;
    let charge = 0;
    for (const chunk of this.#chunks.all()) charge += chargedFor(chunk);
    return charge;
  }

  /** Fills `length` bytes of `target`, all of which lie inside the file, or fewer; at least one. */
  read(target: Uint8Array, position: number, length: number): number {
    this.#list();
    const possible = this.#fetch(position, length);
    for (let done = 0; done < possible; ) {
      const index = Math.floor((position + done) / CHUNK_SIZE);
      const from = position + done - index * CHUNK_SIZE;
      const count = Math.min(CHUNK_SIZE - from, possible - done);
      const chunk = this.#chunks.get(index);
      if (chunk) readChunk(this.#bytes(chunk), from, target, done, count);
      else this.#readBelow(index, from, target, done, count);
      done += count;
    }
    return possible;
  }

  /** Returns the bytes written: fewer than asked where space ran out in the middle; ENOSPC for none. */
  write(source: Uint8Array, position: number): number {
    this.#list();
    this.#prepare(position, source.length);
    let done = 0;
    while (done < source.length) {
      const index = Math.floor((position + done) / CHUNK_SIZE);
      const from = position + done - index * CHUNK_SIZE;
      const wanted = Math.min(CHUNK_SIZE - from, source.length - done);
      const count = Math.min(wanted, this.#room(index, from, wanted));
      if (count <= 0) return done > 0 ? done : this.#quota.full();
      const chunk = this.#writable(index, from, count);
      const whole = count === source.length;
      (chunk.data as Uint8Array).set(whole ? source : source.subarray(done, done + count), from);
      this.#mark(chunk, from, from + count);
      done += count;
    }
    return done;
  }

  /** Drops everything from `size` on, so that zeros stand there if the file grows again. */
  cut(size: number): void {
    if (size === 0) this.#forget();
    this.#list();
    const boundary = Math.floor(size / CHUNK_SIZE);
    const within = size - boundary * CHUNK_SIZE;
    if (within > 0 && this.#chunks.get(boundary)) this.#own(boundary);
    this.#lowerSize = Math.min(this.#lowerSize, size);
    for (const index of this.#chunks.from(boundary)) {
      if (index > boundary || within === 0) this.#drop(index);
      else this.#shorten(this.#own(index) as Chunk, within);
    }
  }

  /** Makes a hole in a file of `size` bytes. */
  punch(from: number, to: number, size: number): void {
    if (from >= to) return;
    this.#list();
    this.#prepare(from, to - from);
    this.#raiseRange(from, to);
    for (const index of this.#chunks.from(Math.floor(from / CHUNK_SIZE))) {
      const start = index * CHUNK_SIZE;
      if (start >= to) continue;
      if (from <= start && to >= start + CHUNK_SIZE && start >= this.#lowerSize) {
        this.#drop(index);
        continue;
      }
      const chunk = this.#own(index) as Chunk;
      const end = Math.min(to - start, CHUNK_SIZE);
      this.#clear(chunk, Math.max(from - start, 0), end, to >= size);
      if (chunk.pages === 0 && start >= this.#lowerSize) this.#drop(index);
    }
  }

  /** Gives every page from `from` to `to` its memory; all or ENOSPC. */
  reserve(from: number, to: number): void {
    this.#list();
    const chunks = Math.ceil((to - from) / CHUNK_SIZE);
    const most = this.#quota.freeMemory / CHUNK_SIZE + this.#chunks.size + 1;
    if (chunks > most) this.#quota.full();
    for (let at = from; at < to; ) {
      const index = Math.floor(at / CHUNK_SIZE);
      const start = index * CHUNK_SIZE;
      const end = Math.min(to - start, CHUNK_SIZE);
      this.#raiseChunk(index);
      // What it holds stays: nothing is written.
      this.#own(index);
      this.#mark(this.#writable(index, at - start, end - (at - start)), at - start, end);
      at = start + end;
    }
  }

  /** Moves `length` bytes from one offset to another; holes stay holes where whole chunks are. */
  move(from: number, to: number, length: number): void {
    this.#list();
    this.#ownRange(Math.min(from, to), Math.max(from, to) + length);
    const buffer = new Uint8Array(CHUNK_SIZE);
    const step = (at: number, count: number) => {
      if (this.nextData(from + at) >= from + at + count) {
        this.punch(to + at, to + at + count, to + length);
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
    this.#list();
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
    this.#list();
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

  /** What it holds at this instant; chunks in memory are copied before they are next written to. */
  capture(size: number): ContentCapture {
    this.#captured = this.#capture(size);
    this.#changed.clear();
    return this.#captured;
  }

  /** What was captured is in the store: it need not be in memory, where it is still the same. */
  committed(
    capture: ContentCapture,
    { root }: ContentRecord,
    parts: ReadonlyMap<number, WrittenPart>,
  ): void {
    if (this.#captured === capture) {
      this.#captured = undefined;
      this.#root = root;
      if (root === undefined) this.#changed.clear();
    }
    for (const [index, { data, length, hash }] of parts) {
      const chunk = this.#chunks.get(index);
      if (!chunk?.frozen || chunk.data !== data) continue;
      this.#quota.giveMemory(data.length - chargeOf({ length }));
      chunk.data = undefined;
      chunk.frozen = false;
      chunk.length = length;
      chunk.hash = hash;
    }
  }

  /** The store has none of it: the next capture has it again. */
  captureFailed(capture: ContentCapture): void {
    if (this.#captured !== capture) return;
    this.#captured = undefined;
    for (const index of capture.parts?.changes.keys() ?? []) this.#changed.add(index);
    if (this.#root === undefined) this.#changed.clear();
  }

  #capture(size: number): ContentCapture {
    const common = {
      size,
      lowerSize: this.#lowerSize,
      lowerDigest: this.#lowerSize > 0 ? this.#lowerDigest : undefined,
      pages: this.#ownPages,
    };
    if (this.#unread) {
      const parts = { base: this.#root, changes: new Map<number, PartCapture>() };
      return { ...common, charge: this.#unread.charge, parts };
    }
    let charge = 0;
    for (const chunk of this.#chunks.all()) if (!chunk.data) charge += chargedFor(chunk);
    for (const chunk of this.#chunks.all()) chunk.fresh = false;
    if (this.#chunks.size <= PARTS_INLINE) {
      const indexes = this.#chunks.from(0).sort((a, b) => a - b);
      return { ...common, charge, all: indexes.map((index) => this.#part(index) as PartCapture) };
    }
    const wanted = this.#root === undefined ? this.#chunks.from(0) : [...this.#changed];
    const changes = new Map(wanted.map((index) => [index, this.#part(index)]));
    return { ...common, charge, parts: { base: this.#root, changes } };
  }

  get #quota(): Quota {
    return this.#fileSystem.quota;
  }

  #part(index: number): PartCapture | undefined {
    const chunk = this.#chunks.get(index);
    if (!chunk) return undefined;
    if (chunk.data) chunk.frozen = true;
    const { pages, data, length, hash } = chunk;
    return { index, pages, data, length, hash };
  }

  /** Reads the list of chunks where the last commit has it apart. Sleeps. */
  #list(): void {
    const record = this.#unread;
    const kept = this.#fileSystem.kept;
    if (!record || !kept) return;
    const chunks = new Chunks();
    let charge = 0;
    let pages = 0;
    for (let last: number | undefined; ; ) {
      const leaf = nextLeaf(kept.chunks, contentsShape, record.root, last);
      if (!leaf) break;
      for (const [i, index] of leaf.keys.entries()) {
        const part = decodePart(index, leaf.values[i] as Uint8Array);
        charge += chargeOf(part);
        pages += pagesOf(part);
        chunks.set(index, stored(part));
      }
      last = leaf.keys.at(-1);
    }
    if (charge !== record.charge || pages !== record.pages) corrupt();
    this.#chunks = chunks;
    this.#unread = undefined;
  }

  /** Drops all chunks of a list that was not read. */
  #forget(): void {
    if (!this.#unread) return;
    this.#quota.giveMemory(this.#unread.charge);
    this.#unread = undefined;
    this.#root = undefined;
    this.#captured = undefined;
    this.#changed.clear();
    this.#ownPages = 0;
  }

  /** Sleeps until what the store has of `length` bytes from `position` is here; how many bytes that are. */
  #fetch(position: number, length: number): number {
    const end = Math.min(position + length, position + NEED_BYTES_MAX);
    const wanted: Hash[] = [];
    for (let index = Math.floor(position / CHUNK_SIZE); index * CHUNK_SIZE < end; index++) {
      const chunk = this.#chunks.get(index);
      if (chunk?.hash !== undefined) wanted.push(chunk.hash);
    }
    if (wanted.length === 0) return length;
    if (wanted.length > 1) this.#fileSystem.kept?.chunks.needAll(wanted);
    return end - position;
  }

  /** What a chunk holds, wherever it is. Sleeps. */
  #bytes({ data, hash, length }: Chunk): Uint8Array {
    if (data) return data;
    if (hash === undefined) return NOTHING;
    const bytes = this.#fileSystem.kept?.chunks.need(hash) ?? corrupt();
    return bytes.length === length ? bytes : corrupt();
  }

  /** Sleeps before anything is changed: for what stays of the first and last chunk of a range. */
  #prepare(position: number, length: number): void {
    const first = Math.floor(position / CHUNK_SIZE);
    const last = Math.floor((position + length - 1) / CHUNK_SIZE);
    this.#probe(first, position - first * CHUNK_SIZE, length);
    if (last > first) this.#probe(last, 0, position + length - last * CHUNK_SIZE);
  }

  #probe(index: number, from: number, length: number): void {
    const chunk = this.#chunks.get(index);
    const reach = chunk ? (chunk.data ? 0 : chunk.length) : this.#lowerPart(index);
    if (reach === 0 || (from === 0 && length >= reach)) return;
    if (chunk) this.#bytes(chunk);
    else this.#raiseChunk(index);
  }

  /** Bytes of chunk `index` to which the file below reaches. */
  #lowerPart(index: number): number {
    return Math.min(Math.max(this.#lowerSize - index * CHUNK_SIZE, 0), CHUNK_SIZE);
  }

  #readBelow(index: number, from: number, target: Uint8Array, at: number, count: number): void {
    const shown = Math.min(Math.max(this.#lowerPart(index) - from, 0), count);
    if (shown > 0) {
      readFully(this.#lower, target.subarray(at, at + shown), index * CHUNK_SIZE + from);
    }
    if (shown < count) target.fill(0, at + shown, at + count);
  }

  /** How many of `wanted` bytes at `from` in chunk `index` there is memory for. */
  #room(index: number, from: number, wanted: number): number {
    const { freeMemory } = this.#quota;
    if (freeMemory >= CHUNK_SIZE + GRAIN) return wanted;
    const chunk = this.#chunks.get(index);
    const own = chunk ? chargedFor(chunk) : 0;
    const reach = own + Math.floor(freeMemory / GRAIN) * GRAIN;
    return own > 0 || reach >= this.#lowerPart(index) ? reach - from : 0;
  }

  /** The chunk `index`, long enough for `count` bytes at `from`, and holding what is below. */
  #writable(index: number, from: number, count: number): Chunk {
    const shown = this.#lowerPart(index);
    const covered = from === 0 && count >= shown;
    const chunk = covered ? this.#chunks.get(index) : this.#raiseChunk(index);
    if (!chunk) return this.#make(index, from + count);
    const own = this.#own(index, from === 0 ? count : 0) as Chunk;
    if ((own.data as Uint8Array).length < from + count) this.#grow(own, from + count);
    return own;
  }

  #make(index: number, length: number): Chunk {
    const size = Math.ceil(length / GRAIN) * GRAIN;
    this.#quota.takeMemory(size);
    const data = new Uint8Array(size);
    const fresh = !this.#changed.has(index);
    const chunk = { data, pages: 0, frozen: false, fresh, length: 0, hash: undefined };
    this.#chunks.set(index, chunk);
    this.#note(index);
    return chunk;
  }

  /** The chunk `index`, in memory and free to be changed, but for its first `replaced` bytes. Sleeps. */
  #own(index: number, replaced = 0): Chunk | undefined {
    const chunk = this.#chunks.get(index);
    if (!chunk) return undefined;
    if (chunk.data) {
      if (chunk.frozen) chunk.data = chunk.data.slice();
    } else {
      const kept = chunk.length > replaced ? this.#bytes(chunk) : NOTHING;
      const data = new Uint8Array(chargeOf(chunk));
      data.set(kept);
      chunk.data = data;
      chunk.hash = undefined;
      chunk.length = 0;
    }
    chunk.frozen = false;
    this.#note(index);
    return chunk;
  }

  #ownRange(from: number, to: number): void {
    this.#raiseRange(from, to);
    for (const index of this.#chunks.from(Math.floor(from / CHUNK_SIZE)))
      if (index * CHUNK_SIZE < to) this.#own(index);
  }

  #note(index: number): void {
    if (this.#root !== undefined || this.#captured) this.#changed.add(index);
  }

  #grow(chunk: Chunk, length: number): void {
    const old = chunk.data as Uint8Array;
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
    readFully(this.#lower, copy, index * CHUNK_SIZE);
    const chunk = this.#make(index, shown);
    (chunk.data as Uint8Array).set(copy);
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
    this.#ownPages += pagesOf({ pages: added });
  }

  /** Zeroes a range; pages that lie in it entirely become holes. */
  #clear(chunk: Chunk, from: number, to: number, toEnd: boolean): void {
    chunk.data?.fill(0, from, to);
    const first = Math.ceil(from / PAGE_SIZE);
    // The file may end inside its last page.
    const last = toEnd ? Math.ceil(to / PAGE_SIZE) : Math.floor(to / PAGE_SIZE);
    if (first < last) this.#unmark(chunk, ((1 << last) - (1 << first)) & chunk.pages);
  }

  #unmark(chunk: Chunk, pages: number): void {
    chunk.pages &= ~pages;
    this.#ownPages -= pagesOf({ pages });
  }

  #shorten(chunk: Chunk, length: number): void {
    this.#quota.giveMemory(zeroFrom(chunk, length));
    const kept = (1 << Math.ceil(length / PAGE_SIZE)) - 1;
    this.#unmark(chunk, chunk.pages & ~kept);
  }

  #drop(index: number): void {
    const chunk = this.#chunks.get(index);
    if (!chunk) return;
    this.#unmark(chunk, chunk.pages);
    this.#quota.giveMemory(chargedFor(chunk));
    this.#chunks.delete(index);
    if (chunk.fresh) this.#changed.delete(index);
    else this.#note(index);
  }
}

const NOTHING = new Uint8Array(0);

/** Fills `target` from the file below; zeros where that proves shorter than it said. */
function readFully(lower: Inode | undefined, target: Uint8Array, position: number): void {
  // A record names a file that this image does not have, or not as it was.
  if (!lower) fail(Errno.EIO);
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
