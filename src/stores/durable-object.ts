/**
 * A store in the SQLite database of a Durable Object. The object is the lock: there is one of it in the
 * world, so locks among the machines in it are all that is left to keep.
 * https://developers.cloudflare.com/durable-objects/api/sqlite-storage-api/
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
import { asStorage } from "./failures.ts";

/** What is used of `ctx.storage`. */
export interface DurableObjectStorage {
  readonly sql: SqlStorage;
  transactionSync<T>(act: () => T): T;
  sync(): Promise<void>;
}

interface SqlStorage {
  exec(
    query: string,
    ...bindings: (string | number | Uint8Array)[]
  ): { toArray(): Record<string, unknown>[] };
  readonly databaseSize: number;
}

/** Prefixed, for the object may have tables of its own. */
const SCHEMA = `
CREATE TABLE IF NOT EXISTS isopod_chunks (hash TEXT PRIMARY KEY, bytes BLOB NOT NULL, touched INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS isopod_refs (name TEXT PRIMARY KEY, hash TEXT NOT NULL) WITHOUT ROWID;`;

/** A statement's text may be 100 KB and a value 2 MB: hashes go as JSON, this many at a time. */
const HASHES_AT_ONCE = 10_000;
/** When touches of this age are forgotten: no writer takes so long. */
const TOUCHES_KEPT_MS = 24 * 3_600_000;
const TOUCHES_MAX = 100_000;

/** What the stores on one storage share. It may die with the object, for writers do too. */
interface Shared {
  readonly locked: Set<RefName>;
  /** When `missing` found a chunk: a row written for each would be paid for. */
  readonly touched: Map<Hash, number>;
}

const SHARED = new WeakMap<DurableObjectStorage, Shared>();

/** Opens the store in `storage`, the object's `ctx.storage`; the object's class must be one with SQLite. */
export async function openDurableObjectStore(storage: DurableObjectStorage): Promise<ChunkStore> {
  await asStorage(() => storage.sql.exec(SCHEMA));
  const shared = SHARED.get(storage) ?? { locked: new Set(), touched: new Map() };
  SHARED.set(storage, shared);
  return new DurableObjectStore(storage, shared);
}

class DurableObjectStore implements ChunkStore {
  readonly #storage: DurableObjectStorage;
  readonly #shared: Shared;
  readonly #locks = new Set<StoreLock>();

  constructor(storage: DurableObjectStorage, shared: Shared) {
    this.#storage = storage;
    this.#shared = shared;
  }

  async get(hash: Hash): Promise<Uint8Array | undefined> {
    return asStorage(() => this.#get(hash));
  }

  async getMany(hashes: readonly Hash[]): Promise<(Uint8Array | undefined)[]> {
    return asStorage(() => hashes.map((hash) => this.#get(hash)));
  }

  async missing(hashes: readonly Hash[]): Promise<Hash[]> {
    return asStorage(() => {
      const present = this.#present(hashes);
      this.#touch(present);
      return hashes.filter((hash) => !present.has(hash));
    });
  }

  async put(chunks: readonly StoredChunk[]): Promise<void> {
    checkChunks(chunks);
    const now = Date.now();
    await this.#change(() => {
      for (const { hash, bytes } of chunks) {
        this.#rows("INSERT OR REPLACE INTO isopod_chunks VALUES (?, ?, ?)", hash, bytes, now);
      }
    });
  }

  async delete(hashes: readonly Hash[]): Promise<void> {
    await this.#change(() => this.#delete(hashes));
  }

  async *list(): AsyncGenerator<ChunkInfo> {
    const query =
      "SELECT hash, LENGTH(bytes) AS size FROM isopod_chunks WHERE hash > ? ORDER BY hash LIMIT 1000";
    for (let last = ""; ; ) {
      const rows = (await asStorage(() => this.#rows(query, last))) as unknown as ChunkInfo[];
      yield* rows.map(({ hash, size }) => ({ hash, size }));
      const end = rows.at(-1);
      if (!end) return;
      last = end.hash;
    }
  }

  async sweep(hashes: readonly Hash[], untouchedSince: number): Promise<Hash[]> {
    return this.#change(() => {
      const { touched } = this.#shared;
      this.#delete(
        hashes.filter((hash) => !((touched.get(hash) ?? 0) >= untouchedSince)),
        untouchedSince,
      );
      return [...this.#present(hashes)];
    });
  }

  async readRef(name: RefName): Promise<Hash | undefined> {
    checkRefName(name);
    return asStorage(() => this.#refs().get(name));
  }

  async swapRef(
    name: RefName,
    expected: Hash | undefined,
    next: Hash | undefined,
  ): Promise<boolean> {
    checkRefName(name);
    const swapped = await this.#change(() => {
      if (this.#refs().get(name) !== expected) return false;
      if (next === undefined) this.#rows("DELETE FROM isopod_refs WHERE name = ?", name);
      else if (!this.#present([next]).has(next)) fail(Errno.ENOENT);
      else this.#rows("INSERT OR REPLACE INTO isopod_refs VALUES (?, ?)", name, next);
      if (next !== undefined) this.#touch([next]);
      return true;
    });
    if (swapped) await asStorage(() => this.#storage.sync());
    return swapped;
  }

  async refs(): Promise<ReadonlyMap<RefName, Hash>> {
    return asStorage(() => this.#refs());
  }

  async lock(name: RefName): Promise<StoreLock> {
    checkRefName(name);
    const { locked } = this.#shared;
    if (locked.has(name)) throw new StoreBusy(name, "another machine of this Durable Object");
    locked.add(name);
    const lock = {
      release: async () => {
        if (this.#locks.delete(lock)) locked.delete(name);
      },
    };
    this.#locks.add(lock);
    return lock;
  }

  /** Of the object's whole database, free pages included. */
  async usage(): Promise<{ bytes: number; quota: number | undefined }> {
    return { bytes: this.#storage.sql.databaseSize, quota: undefined };
  }

  async close(): Promise<void> {
    for (const lock of this.#locks) await lock.release();
    await asStorage(() => this.#storage.sync());
  }

  #get(hash: Hash): Uint8Array | undefined {
    const [row] = this.#rows("SELECT bytes FROM isopod_chunks WHERE hash = ?", hash);
    return row && new Uint8Array(row["bytes"] as ArrayBuffer);
  }

  #present(hashes: readonly Hash[]): Set<Hash> {
    const query = "SELECT hash FROM isopod_chunks WHERE hash IN (SELECT value FROM json_each(?))";
    const present = new Set<Hash>();
    for (const some of inParts(hashes)) {
      for (const row of this.#rows(query, JSON.stringify(some))) present.add(row["hash"] as Hash);
    }
    return present;
  }

  #touch(hashes: Iterable<Hash>): void {
    const { touched } = this.#shared;
    const now = Date.now();
    for (const hash of hashes) touched.set(hash, now);
    if (touched.size <= TOUCHES_MAX) return;
    for (const [hash, time] of touched) if (time < now - TOUCHES_KEPT_MS) touched.delete(hash);
  }

  #delete(hashes: readonly Hash[], untouchedSince = Number.POSITIVE_INFINITY): void {
    const query =
      "DELETE FROM isopod_chunks WHERE hash IN (SELECT value FROM json_each(?)) AND touched < ?";
    const before = Math.min(untouchedSince, Number.MAX_SAFE_INTEGER);
    for (const some of inParts(hashes)) this.#rows(query, JSON.stringify(some), before);
  }

  #refs(): Map<RefName, Hash> {
    const rows = this.#rows("SELECT name, hash FROM isopod_refs");
    return new Map(rows.map(({ name, hash }) => [name as RefName, hash as Hash]));
  }

  #rows(query: string, ...bindings: (string | number | Uint8Array)[]): Record<string, unknown>[] {
    return this.#storage.sql.exec(query, ...bindings).toArray();
  }

  /** All of what `act` does, or nothing of it. */
  #change<T>(act: () => T): Promise<T> {
    return asStorage(() => this.#storage.transactionSync(act));
  }
}

function* inParts(hashes: readonly Hash[]): Generator<readonly Hash[]> {
  for (let at = 0; at < hashes.length; at += HASHES_AT_ONCE) {
    yield hashes.slice(at, at + HASHES_AT_ONCE);
  }
}
