/**
 * Deletes the chunks that no ref leads to, beside machines that go on writing, in this process or others.
 *
 * A writer asks which chunks are `missing` and leaves out those that are there, with all that they refer
 * to. So what was touched within the last `grace` stays, with all that it refers to; and chunks go before
 * the chunks they refer to, unless touched since. A chunk that a writer finds therefore still has everything
 * under it, and a ref that is made meanwhile keeps its chunks or fails for want of the first.
 */
import type { ChunkStore, Hash, References } from "../../kernel/state/chunk-store.ts";
import { Reached, reach } from "./walk.ts";

/** Longer than any commit takes from its first chunk to its ref. */
const GRACE_MS = 15 * 60_000;
const GRACE_MAX_MS = 24 * 3_600_000;
const READ_AT_ONCE = 256;
/** Many, for a store may have to write anew what lies beside what it forgets. */
const SWEPT_AT_ONCE = 8192;

export interface GarbageOptions {
  /** Milliseconds for which chunks stay that were put or found. 0 where nobody is in the middle of a commit. */
  readonly grace?: number;
}

export interface GarbageReport {
  /** Chunks that refs lead to, and their bytes. */
  readonly kept: Amount;
  readonly deleted: Amount;
  /** No ref leads to them, but somebody may be about to make one. */
  readonly recent: Amount;
}

export interface Amount {
  readonly chunks: number;
  readonly bytes: number;
}

/** Throws StoreDamaged, and deletes nothing more, where a ref leads to a node that is not whole. */
export async function collectGarbage(
  store: ChunkStore,
  references: References,
  { grace = GRACE_MS }: GarbageOptions = {},
): Promise<GarbageReport> {
  if (!(grace >= 0 && grace <= GRACE_MAX_MS)) {
    throw new RangeError(`a grace of ${grace} ms: from 0 to ${GRACE_MAX_MS}, a day`);
  }
  const collection = new Collection(store, references, Date.now() - grace);
  return collection.run();
}

class Collection {
  readonly #store: ChunkStore;
  readonly #references: References;
  readonly #untouchedSince: number;
  /** What refs lead to. */
  readonly #kept = new Reached();
  readonly #recent = new Set<Hash>();
  readonly #sizes = new Map<Hash, number>();

  constructor(store: ChunkStore, references: References, untouchedSince: number) {
    this.#store = store;
    this.#references = references;
    this.#untouchedSince = untouchedSince;
  }

  async run(): Promise<GarbageReport> {
    const refs = await this.#store.refs();
    await reach(this.#store, this.#references, refs.values(), this.#kept);
    for await (const { hash, size } of this.#store.list()) this.#sizes.set(hash, size);
    const garbage = await this.#graph();
    const gone = new Set<Hash>();
    for (let layer = garbage.tops(); layer.length > 0; layer = garbage.below(layer)) {
      for (let at = 0; at < layer.length; at += SWEPT_AT_ONCE) {
        await this.#sweep(layer.slice(at, at + SWEPT_AT_ONCE), garbage, gone);
      }
    }
    return {
      kept: this.#amount((hash) => this.#kept.chunks.has(hash)),
      deleted: this.#amount((hash) => gone.has(hash)),
      recent: this.#amount((hash) => this.#recent.has(hash)),
    };
  }

  async #sweep(hashes: readonly Hash[], garbage: Graph, gone: Set<Hash>): Promise<void> {
    const wanted = hashes.filter((hash) => !this.#recent.has(hash));
    if (wanted.length === 0) return;
    const left = await this.#store.sweep(wanted, this.#untouchedSince);
    for (const hash of garbage.under(left)) this.#recent.add(hash);
    for (const hash of wanted) if (!this.#recent.has(hash)) gone.add(hash);
  }

  /** Of all chunks that no ref leads to: which refers to which. */
  async #graph(): Promise<Graph> {
    const all = [...this.#sizes.keys()].filter((hash) => !this.#kept.chunks.has(hash));
    const graph = new Graph(all);
    for (let at = 0; at < all.length; at += READ_AT_ONCE) {
      const hashes = all.slice(at, at + READ_AT_ONCE);
      const found = await this.#store.getMany(hashes);
      for (const [index, hash] of hashes.entries()) {
        graph.refer(hash, this.#referredBy(found[index]));
      }
    }
    return graph;
  }

  /** Nobody says whether an unreferenced chunk is a node; bytes that look like one do no harm. */
  #referredBy(bytes: Uint8Array | undefined): Hash[] {
    try {
      return bytes ? this.#references(bytes).map(({ hash }) => hash) : [];
    } catch {
      return [];
    }
  }

  #amount(counts: (hash: Hash) => boolean): Amount {
    const sizes = [...this.#sizes].filter(([hash]) => counts(hash)).map(([, size]) => size);
    return { chunks: sizes.length, bytes: sizes.reduce((sum, size) => sum + size, 0) };
  }
}

/** Chunks and what they refer to, from the top down. */
class Graph {
  readonly #children = new Map<Hash, readonly Hash[]>();
  /** How many refer to each and were not passed yet. */
  readonly #parents: Map<Hash, number>;

  constructor(hashes: readonly Hash[]) {
    this.#parents = new Map(hashes.map((hash) => [hash, 0]));
  }

  refer(parent: Hash, to: readonly Hash[]): void {
    const children = [...new Set(to)].filter((hash) => this.#parents.has(hash));
    if (children.length > 0) this.#children.set(parent, children);
    for (const child of children) this.#parents.set(child, this.#parentsOf(child) + 1);
  }

  tops(): Hash[] {
    return [...this.#parents].filter(([, parents]) => parents === 0).map(([hash]) => hash);
  }

  /** Those to which nobody refers any more once `layer` is passed. */
  below(layer: readonly Hash[]): Hash[] {
    const next: Hash[] = [];
    for (const parent of layer) {
      for (const child of this.#children.get(parent) ?? []) {
        const parents = this.#parentsOf(child) - 1;
        this.#parents.set(child, parents);
        if (parents === 0) next.push(child);
      }
    }
    return next;
  }

  /** `hashes` and all that they lead to. */
  under(hashes: readonly Hash[]): Set<Hash> {
    const found = new Set(hashes);
    for (const hash of found) for (const child of this.#children.get(hash) ?? []) found.add(child);
    return found;
  }

  #parentsOf(hash: Hash): number {
    return this.#parents.get(hash) ?? 0;
  }
}
