/**
 * Chunks on their way in. What was fetched is verified once and kept in a cache that all machines of a
 * thread share, whatever store it came from: a hash means the same bytes everywhere.
 */
import { Errno, fail, KernelError } from "../errno.ts";
import { sleepFor } from "../wait/sleep.ts";
import type { ChunkStore, Hash, Sha256 } from "./chunk-store.ts";

/** One operation may need so many bytes at once; a cache holds more. */
export const NEED_BYTES_MAX = 8 << 20;
const CACHE_BYTES_MIN = 2 * NEED_BYTES_MAX;
/** What a cached chunk costs beside its bytes. */
const CHUNK_COST = 256;

interface Cached {
  readonly bytes: Uint8Array;
  /** What a record says, once somebody asked. */
  decoded: unknown;
}

/** The least recently used go first. */
export class ChunkCache {
  readonly #chunks = new Map<Hash, Cached>();
  readonly #limit: number;
  #size = 0;

  constructor(limit: number) {
    this.#limit = Math.max(limit, CACHE_BYTES_MIN);
  }

  get size(): number {
    return this.#size;
  }

  has(hash: Hash): boolean {
    return this.#chunks.has(hash);
  }

  get(hash: Hash): Cached | undefined {
    const found = this.#chunks.get(hash);
    if (found) {
      this.#chunks.delete(hash);
      this.#chunks.set(hash, found);
    }
    return found;
  }

  /** `bytes` have this hash, and will not change. */
  add(hash: Hash, bytes: Uint8Array): void {
    if (this.#chunks.has(hash)) return;
    this.#chunks.set(hash, { bytes, decoded: undefined });
    this.#size += bytes.length + CHUNK_COST;
    for (const [oldest, { bytes }] of this.#chunks) {
      if (this.#size <= this.#limit) break;
      this.#chunks.delete(oldest);
      this.#size -= bytes.length + CHUNK_COST;
    }
  }

  clear(): void {
    this.#chunks.clear();
    this.#size = 0;
  }
}

/** The chunks of one store as the kernel reads them: at once, or after a sleep. */
export class ChunkReader {
  readonly store: ChunkStore;
  readonly sha256: Sha256;
  readonly cache: ChunkCache;
  readonly #fetching = new Map<Hash, Promise<void>>();
  /** Fetched and found missing or wrong, until somebody was told. */
  readonly #broken = new Set<Hash>();

  constructor(store: ChunkStore, sha256: Sha256, cache: ChunkCache) {
    this.store = store;
    this.sha256 = sha256;
    this.cache = cache;
  }

  /** Sleeps where it has to be fetched; EIO where it is missing or other bytes than its hash says. */
  need(hash: Hash): Uint8Array {
    return this.#cached(hash).bytes;
  }

  /** As need, decoded; `decode` sees the same hash once, as long as it is cached. */
  record<T>(hash: Hash, decode: (bytes: Uint8Array) => T): T {
    const cached = this.#cached(hash);
    cached.decoded ??= decode(cached.bytes);
    return cached.decoded as T;
  }

  /** Sleeps until all of `hashes` were asked for: together NEED_BYTES_MAX at most. */
  needAll(hashes: readonly Hash[]): void {
    const absent = hashes.filter((hash) => !this.cache.has(hash) && !this.#broken.has(hash));
    if (absent.length > 0) this.#sleepFor(absent);
  }

  #cached(hash: Hash): Cached {
    const cached = this.cache.get(hash);
    if (cached) return cached;
    // The next one who asks makes it be fetched again.
    if (this.#broken.delete(hash)) fail(Errno.EIO);
    return this.#sleepFor([hash]);
  }

  #sleepFor(hashes: readonly Hash[]): never {
    const waits = new Set<Promise<void>>();
    const fresh: Hash[] = [];
    for (const hash of new Set(hashes)) {
      const known = this.#fetching.get(hash);
      if (known) waits.add(known);
      else fresh.push(hash);
    }
    if (fresh.length > 0) {
      const fetch = this.#fetch(fresh);
      for (const hash of fresh) this.#fetching.set(hash, fetch);
      waits.add(fetch);
    }
    const all = Promise.all(waits);
    all.catch(() => {});
    return sleepFor(all);
  }

  /** Rejects where the store fails; what is missing or broken is noted for who asks for it. */
  async #fetch(hashes: readonly Hash[]): Promise<void> {
    try {
      const found = await this.store.getMany(hashes);
      for (const [i, hash] of hashes.entries()) {
        const bytes = found[i];
        if (bytes && this.sha256(bytes) === hash) this.cache.add(hash, bytes);
        else this.#broken.add(hash);
      }
    } catch (reason) {
      throw reason instanceof KernelError ? reason : new KernelError(Errno.EIO);
    } finally {
      for (const hash of hashes) this.#fetching.delete(hash);
    }
  }
}
