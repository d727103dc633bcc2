/** What the stores' bench has a store do, in any host: each step is timed by whoever calls it. */
import type { ChunkStore, StoredChunk } from "../../../kernel/state/chunk-store.ts";
import { chunks, hashesOf } from "../../src/stores/chunks.ts";

export const STEPS = ["prepare", "commit", "read", "clear"] as const;
export type Step = (typeof STEPS)[number];

export class StoreWork {
  readonly #store: ChunkStore;
  #chunks: StoredChunk[] = [];
  #seed = 0;

  constructor(store: ChunkStore) {
    this.#store = store;
  }

  /** Chunks that the store has never seen. */
  async prepare(count: number, size: number): Promise<void> {
    this.#seed += count;
    this.#chunks = await chunks(count, size, this.#seed);
  }

  /** As a machine commits: what is missing, then the ref. */
  async commit(): Promise<void> {
    const store = this.#store;
    const absent = new Set(await store.missing(hashesOf(this.#chunks)));
    await store.put(this.#chunks.filter(({ hash }) => absent.has(hash)));
    const name = "machines/bench";
    const swapped = await store.swapRef(name, await store.readRef(name), this.#chunks[0]?.hash);
    if (!swapped || absent.size !== this.#chunks.length) throw new Error("not committed");
  }

  async read(): Promise<void> {
    const found = await this.#store.getMany(hashesOf(this.#chunks));
    if (found.some((bytes) => bytes === undefined)) throw new Error("not read");
  }

  async clear(): Promise<void> {
    await this.#store.delete(hashesOf(this.#chunks.slice(1)));
  }
}
