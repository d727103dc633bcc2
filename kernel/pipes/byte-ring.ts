/** A queue of bytes in one growing ring; nothing is allocated per write. Pipes and terminals have one. */
const INITIAL = 4096;
const EMPTY = new Uint8Array(0);

/** Below this a loop beats the set-up of a block copy. */
const SMALL = 48;

export class ByteRing {
  /** Bytes that it holds at most. */
  #capacity: number;
  #ring = EMPTY;
  #start = 0;
  #length = 0;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get length(): number {
    return this.#length;
  }

  get capacity(): number {
    return this.#capacity;
  }

  get room(): number {
    return this.#capacity - this.#length;
  }

  /** False where it holds more than `capacity`. */
  resize(capacity: number): boolean {
    if (capacity < this.#length) return false;
    if (capacity < this.#ring.length) this.#move(capacity);
    this.#capacity = capacity;
    return true;
  }

  /** Takes as many bytes of `source`, `from` up to `end`, as there is room for. */
  put(source: Uint8Array, from = 0, end = source.length): number {
    const count = Math.min(end - from, this.#capacity - this.#length);
    if (count <= 0) return 0;
    if (this.#length + count > this.#ring.length) this.#grow(this.#length + count);
    const ring = this.#ring;
    const next = this.#start + this.#length;
    const at = next >= ring.length ? next - ring.length : next;
    const first = Math.min(count, ring.length - at);
    copy(source, from, ring, at, first);
    if (first < count) copy(source, from + first, ring, 0, count - first);
    this.#length += count;
    return count;
  }

  /** False where it is full. */
  putByte(byte: number): boolean {
    if (this.#length === this.#capacity) return false;
    if (this.#length === this.#ring.length) this.#grow(this.#length + 1);
    const end = this.#start + this.#length++;
    this.#ring[end >= this.#ring.length ? end - this.#ring.length : end] = byte;
    return true;
  }

  /** Copies at most `limit` bytes to the start of `target`, and keeps them. */
  peek(target: Uint8Array, limit = target.length): number {
    const count = Math.min(target.length, this.#length, limit);
    const ring = this.#ring;
    const first = Math.min(count, ring.length - this.#start);
    copy(ring, this.#start, target, 0, first);
    if (first < count) copy(ring, 0, target, first, count - first);
    return count;
  }

  /** Moves at most `limit` bytes out to the start of `target`. */
  take(target: Uint8Array, limit = target.length): number {
    const count = this.peek(target, limit);
    if (count === 0) return 0;
    const ring = this.#ring;
    this.#length -= count;
    const next = this.#start + count;
    this.#start = this.#length === 0 ? 0 : next >= ring.length ? next - ring.length : next;
    return count;
  }

  /** Puts bytes in front of what it holds; it may hold more than its capacity then. */
  putBack(source: Uint8Array): void {
    const length = this.#length + source.length;
    const ring = new Uint8Array(Math.max(length, this.#ring.length));
    ring.set(source);
    this.take(ring.subarray(source.length));
    this.#ring = ring;
    this.#start = 0;
    this.#length = length;
  }

  clear(): void {
    this.#start = 0;
    this.#length = 0;
  }

  #grow(least: number): void {
    let size = Math.max(this.#ring.length, INITIAL);
    while (size < least) size *= 2;
    this.#move(Math.min(size, this.#capacity));
  }

  /** Moves the content to a ring of `size` bytes, which hold it. */
  #move(size: number): void {
    const ring = new Uint8Array(size);
    const { length } = this;
    this.take(ring);
    this.#ring = ring;
    this.#start = 0;
    this.#length = length;
  }
}

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
  const isWhole = from === 0 && count === source.length;
  target.set(isWhole ? source : source.subarray(from, from + count), to);
}
