/** The stores that the machines of one thread have open: each once, until the last user lets go of it. */
import { ChunkCache, ChunkReader } from "../../../kernel/state/chunk-reader.ts";
import type { Platform } from "../platform.ts";
import type { StoreSource } from "../protocol.ts";

/** Where machines are kept that were not told to be kept anywhere. */
export const THREAD_MEMORY: StoreSource = { type: "memory", name: "" };

/** Bytes of stored files and records that the thread keeps at hand. */
const CACHE_BYTES = 64 << 20;

/** One for all: a hash means the same bytes in every store. */
const cache = new ChunkCache(CACHE_BYTES);

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

  constructor(platform: Platform) {
    this.#platform = platform;
  }

  async open(source: StoreSource): Promise<OpenStore> {
    const key = JSON.stringify(Object.entries(source).sort());
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

  async #read(source: StoreSource): Promise<ChunkReader> {
    const { sha256 } = this.#platform;
    return new ChunkReader(await this.#platform.openStore(source), sha256, cache);
  }
}
