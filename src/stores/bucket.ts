/**
 * A store in a service that keeps objects under keys, for snapshots that no machine runs on. What such
 * services lack is the same: no locks, and nothing that touches an object without writing it anew. What
 * they have differs by how a ref can change, which the drivers supply (r2.ts, kv.ts).
 *
 *     PREFIX chunks/HASH           a chunk's bytes
 *     PREFIX refs/machines/NAME    a hash; empty: removed
 *
 * Every chunk is an object and every call a request, of which a Worker has some thousand: what comes and
 * goes by the thousand belongs in a Durable Object.
 */
import { Errno, fail } from "../../kernel/errno.ts";
import {
  type ChunkInfo,
  type ChunkStore,
  type Hash,
  isRefName,
  type RefName,
  type StoredChunk,
  type StoreLock,
} from "../../kernel/state/chunk-store.ts";
import { atMost } from "./at-most.ts";
import { checkChunks, checkRefName, isHash } from "./check.ts";
import { asStorage } from "./failures.ts";

/** Workers wait for six requests at once. */
const AT_ONCE = 6;
/** A sweep of what is older than this is one of what is older than now. */
const NOW_MS = 60_000;

export interface Bucket {
  /** The service, as people call it. */
  readonly service: string;
  get(key: string): Promise<Uint8Array | undefined>;
  has(key: string): Promise<boolean>;
  put(key: string, value: Uint8Array): Promise<void>;
  delete(keys: readonly string[]): Promise<void>;
  list(prefix: string): AsyncIterable<{ readonly key: string; readonly size: number }>;
  /** Puts `value` under `key` if `accepts` what is there; false where it does not. */
  replace(
    key: string,
    accepts: (value: Uint8Array | undefined) => boolean,
    value: Uint8Array,
  ): Promise<boolean>;
}

/** What this kind of store cannot do, by name. */
export class UnsupportedByStore extends Error {
  readonly code = "ERR_STORE_UNSUPPORTED";
  override readonly name = "UnsupportedByStore";
}

export class BucketStore implements ChunkStore {
  readonly #bucket: Bucket;
  readonly #prefix: string;

  /** `prefix` of all keys, so that a bucket may hold other things too. */
  constructor(bucket: Bucket, prefix: string) {
    this.#bucket = bucket;
    this.#prefix = prefix;
  }

  async get(hash: Hash): Promise<Uint8Array | undefined> {
    if (!isHash(hash)) return undefined;
    return asStorage(() => this.#bucket.get(this.#chunkKey(hash)));
  }

  async getMany(hashes: readonly Hash[]): Promise<(Uint8Array | undefined)[]> {
    const found = new Array<Uint8Array | undefined>(hashes.length);
    await atMost(AT_ONCE, hashes.entries(), async ([index, hash]) => {
      found[index] = await this.get(hash);
    });
    return found;
  }

  async missing(hashes: readonly Hash[]): Promise<Hash[]> {
    const absent = new Set<Hash>();
    await asStorage(() =>
      atMost(AT_ONCE, hashes, async (hash) => {
        const found = isHash(hash) && (await this.#bucket.has(this.#chunkKey(hash)));
        if (!found) absent.add(hash);
      }),
    );
    return hashes.filter((hash) => absent.has(hash));
  }

  async put(chunks: readonly StoredChunk[]): Promise<void> {
    checkChunks(chunks);
    await asStorage(() =>
      atMost(AT_ONCE, chunks, ({ hash, bytes }) => this.#bucket.put(this.#chunkKey(hash), bytes)),
    );
  }

  async delete(hashes: readonly Hash[]): Promise<void> {
    const keys = hashes.filter(isHash).map((hash) => this.#chunkKey(hash));
    await asStorage(() => this.#bucket.delete(keys));
  }

  async *list(): AsyncGenerator<ChunkInfo> {
    for await (const { key, size } of this.#list("chunks/")) {
      if (isHash(key)) yield { hash: key, size };
    }
  }

  /** Nobody knows when a chunk was found here, so nobody may be storing anything meanwhile. */
  async sweep(hashes: readonly Hash[], untouchedSince: number): Promise<Hash[]> {
    const { service } = this.#bucket;
    if (untouchedSince < Date.now() - NOW_MS) {
      throw new UnsupportedByStore(
        `${service} cannot tell what is in use: collect its garbage with a grace of 0, while nobody stores anything there`,
      );
    }
    await this.delete(hashes);
    return [];
  }

  async readRef(name: RefName): Promise<Hash | undefined> {
    checkRefName(name);
    return hashIn(await asStorage(() => this.#bucket.get(this.#refKey(name))));
  }

  async swapRef(
    name: RefName,
    expected: Hash | undefined,
    next: Hash | undefined,
  ): Promise<boolean> {
    checkRefName(name);
    const key = this.#refKey(name);
    return asStorage(async () => {
      if (hashIn(await this.#bucket.get(key)) !== expected) return false;
      if (expected === next) return true;
      if (next !== undefined && !(await this.#bucket.has(this.#chunkKey(next)))) fail(Errno.ENOENT);
      const accepts = (value: Uint8Array | undefined) => hashIn(value) === expected;
      return this.#bucket.replace(key, accepts, new TextEncoder().encode(next ?? ""));
    });
  }

  async refs(): Promise<ReadonlyMap<RefName, Hash>> {
    const found = new Map<RefName, Hash>();
    for await (const { key } of this.#list("refs/")) {
      const hash = isRefName(key) ? await this.readRef(key) : undefined;
      if (hash !== undefined) found.set(key, hash);
    }
    return found;
  }

  async lock(name: RefName): Promise<StoreLock> {
    checkRefName(name);
    throw new UnsupportedByStore(
      `${this.#bucket.service} has no locks, so no machine can run on it: keep ${name} in a Durable Object, and its snapshots here`,
    );
  }

  /** By listing everything. */
  async usage(): Promise<{ bytes: number; quota: number | undefined }> {
    let bytes = 0;
    for await (const { size } of this.list()) bytes += size;
    return { bytes, quota: undefined };
  }

  async close(): Promise<void> {}

  async *#list(kind: "chunks/" | "refs/"): AsyncGenerator<{ key: string; size: number }> {
    const prefix = `${this.#prefix}${kind}`;
    const objects = this.#bucket.list(prefix)[Symbol.asyncIterator]();
    for (;;) {
      const { done, value } = await asStorage(() => objects.next());
      if (done) return;
      yield { key: value.key.slice(prefix.length), size: value.size };
    }
  }

  #chunkKey(hash: Hash): string {
    return `${this.#prefix}chunks/${hash}`;
  }

  #refKey(name: RefName): string {
    return `${this.#prefix}refs/${name}`;
  }
}

function hashIn(value: Uint8Array | undefined): Hash | undefined {
  if (!value || value.length === 0) return undefined;
  const hash = new TextDecoder().decode(value);
  return isHash(hash) ? hash : fail(Errno.EIO);
}
