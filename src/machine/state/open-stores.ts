/** The stores that the machines of one thread have open: each once, until the last user lets go of it. */
import { ChunkCache, ChunkReader } from "../../../kernel/state/chunk-reader.ts";
import { references } from "../../../kernel/state/references.ts";
import { collectGarbage } from "../../stores/garbage.ts";
import type { Platform } from "../platform.ts";
import type { StoreSource } from "../protocol.ts";

/** Where machines are kept that were not told to be kept anywhere. */
export const THREAD_MEMORY: StoreSource = { type: "memory", name: "" };

/** Bytes of stored files and records that the thread keeps at hand. */
const CACHE_BYTES = 64 << 20;

/** Memory that forgotten states may take before it is looked for them, and how long they are left alone. */
const GARBAGE_BYTES = 16 << 20;
const GRACE_MS = 60_000;

/** One for all machines of the thread: a hash means the same bytes in every store. */
let cache: ChunkCache | undefined;

export interface OpenStore {
  readonly source: StoreSource;
  readonly chunks: ChunkReader;
  release(): Promise<void>;
}

interface Shared {
  readonly chunks: Promise<ChunkReader>;
  uses: number;
}

export class OpenStores {
  readonly #platform: Platform;
  readonly #stores = new Map<string, Shared>();
  /** Bytes in the thread's own memory store after it was last tidied up. */
  #tidyBytes = 0;

  constructor(platform: Platform) {
    this.#platform = platform;
  }

  async open(source: StoreSource): Promise<OpenStore> {
    const key = keyOf(source);
    let shared = this.#stores.get(key);
    if (!shared) {
      shared = { chunks: this.#read(source), uses: 0 };
      this.#stores.set(key, shared);
    }
    const { chunks } = shared;
    shared.uses++;
    const release = async () => {
      if (--shared.uses > 0) return;
      if (this.#stores.get(key) === shared) this.#stores.delete(key);
      await (await chunks).store.close();
    };
    try {
      return { source, chunks: await chunks, release };
    } catch (reason) {
      shared.uses--;
      if (this.#stores.get(key) === shared) this.#stores.delete(key);
      throw reason;
    }
  }

  /** Forgets what no machine or snapshot in the thread's own memory needs any more. */
  async tidy({ source, chunks: { store } }: OpenStore): Promise<void> {
    if (keyOf(source) !== keyOf(THREAD_MEMORY)) return;
    const { bytes } = await store.usage();
    if (bytes === 0) return;
    // A machine beside this one may be about to refer to what it has just put.
    const isAlone = this.#stores.get(keyOf(source))?.uses === 1;
    const isEmpty = isAlone && (await store.refs()).size === 0;
    if (isEmpty) {
      for await (const { hash } of store.list()) await store.delete([hash]);
      return;
    }
    if (bytes < 2 * this.#tidyBytes + GARBAGE_BYTES) return;
    await collectGarbage(store, references, { grace: isAlone ? 0 : GRACE_MS });
    this.#tidyBytes = (await store.usage()).bytes;
  }

  async #read(source: StoreSource): Promise<ChunkReader> {
    const { sha256, cacheBytes = CACHE_BYTES } = this.#platform;
    cache ??= new ChunkCache(cacheBytes);
    return new ChunkReader(await this.#platform.openStore(source), sha256, cache);
  }
}

function keyOf(source: StoreSource): string {
  return JSON.stringify(Object.entries(source).sort());
}
