/**
 * A store in memory, for machines whose state need not outlive the process, and for tests. Several
 * stores may share one storage, as tabs share a database.
 */
import { Errno, fail } from "../../kernel/errno.ts";
import {
  type ChunkInfo,
  type ChunkStore,
  type Hash,
  type RefName,
  StoreBusy,
  type StoredChunk,
  type StoreLock,
} from "../../kernel/state/chunk-store.ts";
import { checkChunks, checkRefName } from "./check.ts";

interface Held {
  readonly bytes: Uint8Array;
  touched: number;
}

export class MemoryStorage {
  readonly chunks = new Map<Hash, Held>();
  readonly refs = new Map<RefName, Hash>();
  readonly locked = new Set<RefName>();
  readonly quota: number | undefined;
  bytes = 0;

  /** `quota`: how many bytes of chunks there may be. */
  constructor(options: { readonly quota?: number } = {}) {
    this.quota = options.quota;
  }
}

export class MemoryStore implements ChunkStore {
  readonly #storage: MemoryStorage;
  readonly #locks = new Set<StoreLock>();

  constructor(storage: MemoryStorage = new MemoryStorage()) {
    this.#storage = storage;
  }

  async get(hash: Hash): Promise<Uint8Array | undefined> {
    return this.#storage.chunks.get(hash)?.bytes;
  }

  async getMany(hashes: readonly Hash[]): Promise<(Uint8Array | undefined)[]> {
    return hashes.map((hash) => this.#storage.chunks.get(hash)?.bytes);
  }

  async missing(hashes: readonly Hash[]): Promise<Hash[]> {
    const touched = Date.now();
    return hashes.filter((hash) => {
      const held = this.#storage.chunks.get(hash);
      if (held) held.touched = touched;
      return held === undefined;
    });
  }

  async put(chunks: readonly StoredChunk[]): Promise<void> {
    checkChunks(chunks);
    const { quota, bytes } = this.#storage;
    const added = new Map(chunks.map(({ hash, bytes }) => [hash, bytes]));
    let total = bytes;
    for (const [hash, { length }] of added) total += length - this.#sizeOf(hash);
    if (quota !== undefined && total > quota) fail(Errno.ENOSPC);
    const touched = Date.now();
    for (const [hash, bytes] of added) this.#storage.chunks.set(hash, { bytes, touched });
    this.#storage.bytes = total;
  }

  async delete(hashes: readonly Hash[]): Promise<void> {
    for (const hash of hashes) this.#forget(hash);
  }

  async *list(): AsyncGenerator<ChunkInfo> {
    for (const [hash, { bytes }] of this.#storage.chunks) yield { hash, size: bytes.length };
  }

  async sweep(hashes: readonly Hash[], untouchedSince: number): Promise<Hash[]> {
    const { chunks } = this.#storage;
    for (const hash of hashes) {
      const held = chunks.get(hash);
      if (held && held.touched < untouchedSince) this.#forget(hash);
    }
    return hashes.filter((hash) => chunks.has(hash));
  }

  async readRef(name: RefName): Promise<Hash | undefined> {
    return this.#storage.refs.get(name);
  }

  async swapRef(
    name: RefName,
    expected: Hash | undefined,
    next: Hash | undefined,
  ): Promise<boolean> {
    checkRefName(name);
    const { chunks, refs } = this.#storage;
    if (refs.get(name) !== expected) return false;
    if (next !== undefined) (chunks.get(next) ?? fail(Errno.ENOENT)).touched = Date.now();
    if (next === undefined) refs.delete(name);
    else refs.set(name, next);
    return true;
  }

  async refs(): Promise<ReadonlyMap<RefName, Hash>> {
    return new Map(this.#storage.refs);
  }

  async lock(name: RefName): Promise<StoreLock> {
    checkRefName(name);
    const { locked } = this.#storage;
    if (locked.has(name)) throw new StoreBusy(name, "another machine of this process");
    locked.add(name);
    const lock = {
      release: async () => {
        if (this.#locks.delete(lock)) locked.delete(name);
      },
    };
    this.#locks.add(lock);
    return lock;
  }

  async usage(): Promise<{ bytes: number; quota: number | undefined }> {
    const { bytes, quota } = this.#storage;
    return { bytes, quota };
  }

  async close(): Promise<void> {
    for (const lock of this.#locks) await lock.release();
  }

  #sizeOf(hash: Hash): number {
    return this.#storage.chunks.get(hash)?.bytes.length ?? 0;
  }

  #forget(hash: Hash): void {
    this.#storage.bytes -= this.#sizeOf(hash);
    this.#storage.chunks.delete(hash);
  }
}
