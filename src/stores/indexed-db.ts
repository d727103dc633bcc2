/**
 * A store in a browser's IndexedDB, for tabs and their workers; those of one origin share it. Chunks by
 * hash in one object store, refs in another. A transaction is written as a whole or not at all, so a tab
 * that is closed in the middle of one leaves what was there before.
 *
 * Chunks go in without waiting for the disk; a ref's change does wait ("strict"), and the browser writes
 * transactions in their order. https://w3c.github.io/IndexedDB/#transaction-durability-hint
 */
import { getMany, promisifyRequest, type UseStore } from "idb-keyval";
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
import { checkChunks, checkRefName, isHash } from "./check.ts";
import { asStorage } from "./failures.ts";

const CHUNKS = "chunks";
const REFS = "refs";
/** Which chunks were put or found lately, for sweep: a list of hashes for each call, by time. */
const TOUCHES = "touches";
/** Longer than any grace of a sweep. */
const TOUCHES_KEPT_MS = 48 * 3_600_000;
/** How many values `list` holds in memory at once. */
const LISTED_AT_ONCE = 64;
/** Chromium keeps values of more than 64 KiB in a file each, at a third of the speed. */
const PART_BYTES = 60_000;
/** Likewise; of 64 digits each. */
const TOUCHES_IN_ONE = 500;

/** From so many on it is tried whether the store has few more keys than are asked for. */
const KEYS_AT_ONCE = 100;

type Durability = "strict" | "relaxed";

/** Names of the locks that this thread holds. */
const HELD = new Set<string>();

/** Opens the store `name` of this origin, which is made where there is none. */
export async function openIndexedDbStore(name = "isopod"): Promise<ChunkStore> {
  for (const api of ["indexedDB", "navigator.locks"] as const) {
    if (!has(api)) throw new Error(`stored machines need ${api}, which this browser lacks here`);
  }
  return asStorage(async () => {
    const store = new IndexedDbStore(name);
    await store.forgetOldTouches();
    return store;
  });
}

class IndexedDbStore implements ChunkStore {
  readonly #name: string;
  readonly #locks = new Set<StoreLock>();
  #opening: Promise<IDBDatabase> | undefined;

  constructor(name: string) {
    this.#name = name;
  }

  async get(hash: Hash): Promise<Uint8Array | undefined> {
    const [bytes] = await this.getMany([hash]);
    return bytes;
  }

  getMany(hashes: readonly Hash[]): Promise<(Uint8Array | undefined)[]> {
    if (hashes.length === 0) return Promise.resolve([]);
    return asStorage(async () => {
      const chunks = this.#use(CHUNKS);
      const found = await getMany<Stored>([...hashes], chunks);
      const keys = found.map((value, index) => partsOf(hashes[index] as Hash, value));
      const parts = (await getMany<Uint8Array>(keys.flat(), chunks))[Symbol.iterator]();
      return found.map((value, index) => {
        if (typeof value !== "number") return value;
        return joined(value, parts, keys[index]?.length ?? 0);
      });
    });
  }

  missing(hashes: readonly Hash[]): Promise<Hash[]> {
    if (hashes.length === 0) return Promise.resolve([]);
    return this.#change([CHUNKS, TOUCHES], "relaxed", async (stores) => {
      const found = await keysOf(stores[CHUNKS], hashes);
      touch(stores[TOUCHES], [...found]);
      return hashes.filter((hash) => !found.has(hash));
    });
  }

  async put(chunks: readonly StoredChunk[]): Promise<void> {
    checkChunks(chunks);
    if (chunks.length === 0) return;
    await this.#change([CHUNKS, TOUCHES], "relaxed", async (stores) => {
      for (const chunk of chunks) store(stores[CHUNKS], chunk);
      touch(
        stores[TOUCHES],
        chunks.map(({ hash }) => hash),
      );
    });
  }

  async delete(hashes: readonly Hash[]): Promise<void> {
    if (hashes.length === 0) return;
    await this.#change([CHUNKS], "relaxed", async (stores) => {
      for (const hash of hashes) forget(stores[CHUNKS], hash);
    });
  }

  async *list(): AsyncGenerator<ChunkInfo> {
    let range: IDBKeyRange | null = null;
    for (;;) {
      const [keys, values] = await asStorage(() =>
        this.#use(CHUNKS)("readonly", (store) =>
          Promise.all([
            promisifyRequest(store.getAllKeys(range, LISTED_AT_ONCE) as IDBRequest<string[]>),
            promisifyRequest(store.getAll(range, LISTED_AT_ONCE) as IDBRequest<Stored[]>),
          ]),
        ),
      );
      for (const [index, key] of keys.entries()) {
        const value = values[index] as Stored;
        if (isHash(key))
          yield { hash: key, size: typeof value === "number" ? value : value.length };
      }
      const last = keys.at(-1);
      if (last === undefined) return;
      range = IDBKeyRange.lowerBound(last, true);
    }
  }

  sweep(hashes: readonly Hash[], untouchedSince: number): Promise<Hash[]> {
    return this.#change([CHUNKS, TOUCHES], "relaxed", async (stores) => {
      const touched = await touchedSince(stores[TOUCHES], untouchedSince);
      for (const hash of hashes) if (!touched.has(hash)) forget(stores[CHUNKS], hash);
      return [...(await keysOf(stores[CHUNKS], hashes))];
    });
  }

  async readRef(name: RefName): Promise<Hash | undefined> {
    checkRefName(name);
    return asStorage(() =>
      this.#use(REFS)("readonly", (store) => promisifyRequest<Hash | undefined>(store.get(name))),
    );
  }

  async swapRef(
    name: RefName,
    expected: Hash | undefined,
    next: Hash | undefined,
  ): Promise<boolean> {
    checkRefName(name);
    return this.#change([REFS, CHUNKS, TOUCHES], "strict", async (stores) => {
      const current = await promisifyRequest<Hash | undefined>(stores[REFS].get(name));
      if (current !== expected) return false;
      if (next === undefined) {
        stores[REFS].delete(name);
        return true;
      }
      if ((await keysOf(stores[CHUNKS], [next])).size === 0) fail(Errno.ENOENT);
      touch(stores[TOUCHES], [next]);
      stores[REFS].put(next, name);
      return true;
    });
  }

  refs(): Promise<ReadonlyMap<RefName, Hash>> {
    return asStorage(() => this.#use(REFS)("readonly", allRefs));
  }

  async lock(name: RefName): Promise<StoreLock> {
    checkRefName(name);
    const key = `isopod:${this.#name}:${name}`;
    const release = await asStorage(() => tryLock(key));
    if (!release) {
      throw new StoreBusy(name, HELD.has(key) ? "another machine of this tab" : "another tab");
    }
    HELD.add(key);
    const lock = {
      release: async () => {
        if (!this.#locks.delete(lock)) return;
        HELD.delete(key);
        await release();
      },
    };
    this.#locks.add(lock);
    return lock;
  }

  /** Of the whole origin: browsers do not tell of one database. */
  async usage(): Promise<{ bytes: number; quota: number | undefined }> {
    const { usage = 0, quota } = await asStorage(() => navigator.storage.estimate());
    return { bytes: usage, quota };
  }

  async close(): Promise<void> {
    for (const lock of this.#locks) await lock.release();
    const database = await this.#opening?.catch(() => undefined);
    this.#opening = undefined;
    database?.close();
  }

  async forgetOldTouches(): Promise<void> {
    const old = IDBKeyRange.upperBound([Date.now() - TOUCHES_KEPT_MS]);
    await this.#change([TOUCHES], "relaxed", async (stores) => void stores[TOUCHES].delete(old));
  }

  /** For idb-keyval: one object store in a transaction of its own. */
  #use(name: string): UseStore {
    return async (mode, act) => {
      const database = await this.#open();
      return act(database.transaction(name, mode, { durability: "relaxed" }).objectStore(name));
    };
  }

  /** What `act` did is stored when this resolves; nothing of it where this rejects. */
  #change<Name extends string, T>(
    names: readonly Name[],
    durability: Durability,
    act: (stores: Record<Name, IDBObjectStore>) => Promise<T>,
  ): Promise<T> {
    return asStorage(async () => {
      const database = await this.#open();
      const transaction = database.transaction(names, "readwrite", { durability });
      const done = finished(transaction);
      const stores = Object.fromEntries(names.map((name) => [name, transaction.objectStore(name)]));
      try {
        const result = await act(stores as Record<Name, IDBObjectStore>);
        await done;
        return result;
      } catch (error) {
        abort(transaction);
        await done.catch(() => {});
        // A request that fails says less than the end of its transaction.
        throw transaction.error ?? error;
      }
    });
  }

  #open(): Promise<IDBDatabase> {
    this.#opening ??= openDatabase(this.#name, () => {
      this.#opening = undefined;
    });
    return this.#opening;
  }
}

/** `onGone`: the connection is over, be it that it failed or that the browser ended it. */
async function openDatabase(name: string, onGone: () => void): Promise<IDBDatabase> {
  const request = indexedDB.open(name, 1);
  request.onupgradeneeded = () => {
    for (const each of [CHUNKS, REFS, TOUCHES]) request.result.createObjectStore(each);
  };
  try {
    const database = await promisifyRequest(request);
    database.onclose = onGone;
    database.onversionchange = () => {
      database.close();
      onGone();
    };
    return database;
  } catch (error) {
    onGone();
    throw error;
  }
}

/** Resolves once the transaction is stored. */
function finished(transaction: IDBTransaction): Promise<void> {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = () => reject(transaction.error);
  });
}

async function keysOf(chunks: IDBObjectStore, hashes: readonly Hash[]): Promise<Set<Hash>> {
  // Many requests cost more than one for all there is, where that is not much more than what is asked.
  if (hashes.length >= KEYS_AT_ONCE) {
    const limit = hashes.length * 3;
    const keys = await promisifyRequest(chunks.getAllKeys(null, limit) as IDBRequest<string[]>);
    const all = new Set(keys);
    if (keys.length < limit) return new Set(hashes.filter((hash) => all.has(hash)));
  }
  const found = await Promise.all(hashes.map((hash) => promisifyRequest(chunks.getKey(hash))));
  return new Set(found.filter((key): key is Hash => key !== undefined));
}

async function allRefs(refs: IDBObjectStore): Promise<Map<RefName, Hash>> {
  const [names, hashes] = await Promise.all([
    promisifyRequest(refs.getAllKeys() as IDBRequest<RefName[]>),
    promisifyRequest(refs.getAll() as IDBRequest<Hash[]>),
  ]);
  return new Map(names.map((name, index) => [name, hashes[index] as Hash]));
}

function touch(touches: IDBObjectStore, hashes: readonly Hash[]): void {
  for (let at = 0; at < hashes.length; at += TOUCHES_IN_ONE) {
    const some = hashes.slice(at, at + TOUCHES_IN_ONE).join(" ");
    touches.put(some, [Date.now(), crypto.randomUUID()]);
  }
}

async function touchedSince(touches: IDBObjectStore, time: number): Promise<Set<Hash>> {
  const late = IDBKeyRange.lowerBound([time]);
  const lists = await promisifyRequest(touches.getAll(late) as IDBRequest<string[]>);
  return new Set(lists.flatMap((list) => list.split(" ")));
}

/** What lets go of the lock; undefined where somebody else has it. */
function tryLock(name: string): Promise<(() => Promise<void>) | undefined> {
  return new Promise((settle, reject) => {
    const hold = (lock: Lock | null): Promise<void> | undefined => {
      if (!lock) {
        settle(undefined);
        return undefined;
      }
      return new Promise((release) => {
        settle(async () => {
          release();
          await released;
        });
      });
    };
    const released: Promise<unknown> = navigator.locks.request(name, { ifAvailable: true }, hold);
    released.catch(reject);
  });
}

/** A large chunk's value is its size, and its bytes are in parts under keys of their own. */
type Stored = Uint8Array | number;

function store(chunks: IDBObjectStore, { hash, bytes }: StoredChunk): void {
  const { length } = bytes;
  const keys = partsOf(hash, length);
  chunks.put(keys.length === 0 ? whole(bytes) : length, hash);
  for (const [i, key] of keys.entries()) {
    chunks.put(bytes.slice(i * PART_BYTES, (i + 1) * PART_BYTES), key);
  }
}

function forget(chunks: IDBObjectStore, hash: Hash): void {
  if (isHash(hash)) chunks.delete(IDBKeyRange.bound(hash, `${hash}.~`));
}

/** The keys of the parts of a chunk of that size, or none. */
function partsOf(hash: Hash, size: Stored | undefined): string[] {
  if (typeof size !== "number" || size <= PART_BYTES) return [];
  return Array.from({ length: Math.ceil(size / PART_BYTES) }, (_, i) => `${hash}.${i}`);
}

/** Undefined where a part is not there: it was deleted between the two looks. */
function joined(
  size: number,
  parts: Iterator<Uint8Array | undefined>,
  count: number,
): Uint8Array | undefined {
  const bytes = new Uint8Array(size);
  let at = 0;
  for (let i = 0; i < count; i++) {
    const part: Uint8Array | undefined = parts.next().value;
    if (part) bytes.set(part, at);
    at += part?.length ?? 0;
  }
  return at === size ? bytes : undefined;
}

/** A view's whole buffer would be stored, and shared memory not at all. */
function whole(bytes: Uint8Array): Uint8Array {
  const { buffer, length } = bytes;
  return buffer instanceof ArrayBuffer && buffer.byteLength === length ? bytes : bytes.slice();
}

function abort(transaction: IDBTransaction): void {
  try {
    transaction.abort();
  } catch {
    // It is over already.
  }
}

function has(api: "indexedDB" | "navigator.locks"): boolean {
  if (api === "indexedDB") return typeof indexedDB !== "undefined";
  return typeof navigator !== "undefined" && navigator.locks !== undefined;
}
