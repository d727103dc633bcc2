/** Bash's two kinds of array. Pure. Subscripts are evaluated before they come here. */
import { encodeUtf8 } from "../../kernel/bytes.ts";

/** How far past its end a dense array may be written before it is kept as a sparse one. */
const MAX_GAP = 1024;

/**
 * An indexed array: dense while its elements are, else a map whose keys are sorted when they are asked
 * for. Indices are 0 or more.
 */
export class IndexedArray {
  #dense: (string | undefined)[] = [];
  #sparse: Map<number, string> | undefined;
  #sorted = true;
  #size = 0;

  static of(values: readonly string[]): IndexedArray {
    const array = new IndexedArray();
    array.#dense = [...values];
    array.#size = values.length;
    return array;
  }

  /** The number of elements that are set. */
  get size(): number {
    return this.#size;
  }

  /** Characters in all its values. */
  get textLength(): number {
    let length = 0;
    for (const value of this.#sparse?.values() ?? this.#dense) length += value?.length ?? 0;
    return length;
  }

  /** The highest index that is set; -1 where none is. */
  get last(): number {
    if (this.#sparse) return this.indices().at(-1) ?? -1;
    return this.#dense.length - 1;
  }

  get(index: number): string | undefined {
    return this.#sparse ? this.#sparse.get(index) : this.#dense[index];
  }

  set(index: number, value: string): void {
    if (!this.#sparse && index > this.#dense.length + MAX_GAP) this.#makeSparse();
    if (this.#sparse) {
      if (!this.#sparse.has(index)) this.#sorted = false;
      this.#sparse.set(index, value);
      this.#size = this.#sparse.size;
      return;
    }
    if (this.#dense[index] === undefined) this.#size++;
    while (this.#dense.length < index) this.#dense.push(undefined);
    this.#dense[index] = value;
  }

  delete(index: number): void {
    if (this.#sparse) {
      this.#sparse.delete(index);
      this.#size = this.#sparse.size;
    } else if (this.#dense[index] !== undefined) {
      this.#size--;
      this.#dense[index] = undefined;
      while (this.#dense.length > 0 && this.#dense.at(-1) === undefined) this.#dense.pop();
    }
  }

  clear(): void {
    this.#dense = [];
    this.#sparse = undefined;
    this.#size = 0;
  }

  /** The set indices, ascending. */
  indices(): number[] {
    if (this.#sparse) {
      this.#sort();
      return [...this.#sparse.keys()];
    }
    const indices: number[] = [];
    for (let index = 0; index < this.#dense.length; index++)
      if (this.#dense[index] !== undefined) indices.push(index);
    return indices;
  }

  /** The set values in the order of their indices. */
  values(): string[] {
    if (this.#sparse) {
      this.#sort();
      return [...this.#sparse.values()];
    }
    const dense = this.#dense;
    if (this.#size === dense.length) return dense.slice() as string[];
    return dense.filter((value) => value !== undefined);
  }

  entries(): [string, string][] {
    return this.indices().map((index) => [String(index), this.get(index) as string]);
  }

  clone(): IndexedArray {
    const copy = new IndexedArray();
    copy.#dense = this.#dense.slice();
    copy.#sparse = this.#sparse && new Map(this.#sparse);
    copy.#sorted = this.#sorted;
    copy.#size = this.#size;
    return copy;
  }

  #makeSparse(): void {
    const entries = this.indices().map((index): [number, string] => [
      index,
      this.get(index) as string,
    ]);
    this.#sparse = new Map(entries);
    this.#dense = [];
    this.#sorted = true;
  }

  #sort(): void {
    if (this.#sorted || !this.#sparse) return;
    this.#sparse = new Map([...this.#sparse].sort((a, b) => a[0] - b[0]));
    this.#sorted = true;
  }
}

/** Buckets of a new table in bash, and how full one may be before the table grows (hashlib.c). */
const BUCKETS = 1024;
const GROWTH_LOAD = 2;
const GROWTH_FACTOR = 4;

/** An associative array. Its elements come in the order of bash's own hash table. */
export class AssociativeArray {
  #entries: Map<string, string>;
  #buckets = BUCKETS;
  #ordered: string[] | undefined;

  constructor(entries: Iterable<[string, string]> = []) {
    this.#entries = new Map(entries);
  }

  get size(): number {
    return this.#entries.size;
  }

  /** Characters in all its keys and values. */
  get textLength(): number {
    let length = 0;
    for (const [key, value] of this.#entries) length += key.length + value.length;
    return length;
  }

  get(key: string): string | undefined {
    return this.#entries.get(key);
  }

  set(key: string, value: string): void {
    if (!this.#entries.has(key)) {
      this.#ordered = undefined;
      if (this.#entries.size >= this.#buckets * GROWTH_LOAD) this.#grow();
    }
    this.#entries.set(key, value);
  }

  delete(key: string): void {
    if (this.#entries.delete(key)) this.#ordered = undefined;
  }

  clear(): void {
    this.#entries.clear();
    this.#ordered = undefined;
  }

  keys(): string[] {
    this.#ordered ??= this.#order();
    return this.#ordered.slice();
  }

  values(): string[] {
    return this.keys().map((key) => this.#entries.get(key) as string);
  }

  entries(): [string, string][] {
    return this.keys().map((key) => [key, this.#entries.get(key) as string]);
  }

  clone(): AssociativeArray {
    const copy = new AssociativeArray(this.#entries);
    copy.#buckets = this.#buckets;
    copy.#ordered = this.#ordered;
    return copy;
  }

  /** Bash moves the entries of a bucket one by one to the front of their new one. */
  #grow(): void {
    this.#buckets *= GROWTH_FACTOR;
    this.#entries = new Map([...this.#entries].reverse());
  }

  /** By bucket; in a bucket the newest first. */
  #order(): string[] {
    const mask = this.#buckets - 1;
    const keys = [...this.#entries.keys()].reverse();
    const places = new Map(keys.map((key) => [key, hash(key) & mask]));
    return keys.sort((a, b) => (places.get(a) as number) - (places.get(b) as number));
  }
}

/** 32-bit FNV-1 over signed bytes, as bash hashes strings. */
function hash(key: string): number {
  let value = 2166136261;
  for (const byte of encodeUtf8(key)) value = Math.imul(value, 16777619) ^ ((byte << 24) >> 24);
  return value >>> 0;
}
