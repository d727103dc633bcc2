/** A map that two shells can share until one of them writes: what makes a subshell cheap. */
export class CowMap<K, V> {
  #entries: Map<K, V>;
  #shared: boolean;

  constructor(entries: Map<K, V> = new Map(), shared = false) {
    this.#entries = entries;
    this.#shared = shared;
  }

  get size(): number {
    return this.#entries.size;
  }

  get(key: K): V | undefined {
    return this.#entries.get(key);
  }

  has(key: K): boolean {
    return this.#entries.has(key);
  }

  keys(): MapIterator<K> {
    return this.#entries.keys();
  }

  values(): MapIterator<V> {
    return this.#entries.values();
  }

  [Symbol.iterator](): MapIterator<[K, V]> {
    return this.#entries[Symbol.iterator]();
  }

  set(key: K, value: V): void {
    this.#own().set(key, value);
  }

  delete(key: K): boolean {
    return this.#entries.has(key) && this.#own().delete(key);
  }

  clear(): void {
    this.#entries = new Map();
    this.#shared = false;
  }

  /** The other shell's copy; both copy for real at their next write. */
  fork(): CowMap<K, V> {
    this.#shared = true;
    return new CowMap(this.#entries, true);
  }

  #own(): Map<K, V> {
    if (this.#shared) {
      this.#entries = new Map(this.#entries);
      this.#shared = false;
    }
    return this.#entries;
  }
}
