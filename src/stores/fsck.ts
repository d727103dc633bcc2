/**
 * Checks a whole store: that everything is there to which refs lead, that every chunk's bytes are those of
 * its hash, and that nodes are well formed. Says which paths of which machines a damage takes away.
 */
import type {
  ChunkReference,
  ChunkStore,
  Hash,
  References,
  RefName,
} from "../../kernel/state/chunk-store.ts";
import type { Damage, DamageKind } from "./damage.ts";
import type { Amount } from "./garbage.ts";
import { sha256 } from "./sha256.ts";

const AT_ONCE = 64;
/** How many paths are told of one damage. */
const PATHS_MAX = 100;
/** How many are followed at all: names multiply where directories share chunks. */
const STEPS_MAX = 1_000_000;

export interface DamagedChunk extends Damage {
  /** `machines/main:/home/user/notes.txt`; none where no ref leads to it. */
  readonly paths: readonly string[];
  /** Whether there are more paths than these. */
  readonly more: boolean;
}

export interface FsckReport {
  readonly refs: number;
  /** What refs lead to and is there. */
  readonly referenced: Amount;
  readonly unreferenced: Amount;
  readonly damaged: readonly DamagedChunk[];
}

export interface FsckOptions {
  /**
   * Deletes corrupt chunks. Who has their bytes will find them missing, and store them again; nothing is
   * lost, for their bytes were.
   */
  readonly repair?: boolean;
  /** Hears how many bytes were read. */
  readonly onProgress?: (bytes: number) => void;
}

export async function fsck(
  store: ChunkStore,
  references: References,
  options: FsckOptions = {},
): Promise<FsckReport> {
  const check = new Check(store, references, options.onProgress ?? (() => {}));
  const refs = await store.refs();
  const referenced = await check.reachable(new Set(refs.values()));
  const unreferenced = await check.others();
  if (options.repair) await store.delete(check.corrupt());
  return { refs: refs.size, referenced, unreferenced, damaged: check.damaged(refs) };
}

class Check {
  readonly #store: ChunkStore;
  readonly #references: References;
  readonly #onProgress: (bytes: number) => void;
  #bytes = 0;
  readonly #read = new Set<Hash>();
  readonly #nodes = new Map<Hash, readonly ChunkReference[]>();
  readonly #damage = new Map<Hash, DamageKind>();

  constructor(store: ChunkStore, references: References, onProgress: (bytes: number) => void) {
    this.#store = store;
    this.#references = references;
    this.#onProgress = onProgress;
  }

  /** Reads what `roots` lead to. */
  async reachable(roots: ReadonlySet<Hash>): Promise<Amount> {
    const amount = { chunks: 0, bytes: 0 };
    const contents = new Set<Hash>();
    const met = new Set(roots);
    const front = [...roots];
    while (front.length > 0) {
      const batch = front.splice(-AT_ONCE);
      for (const [hash, bytes] of await this.#readWhole(batch, amount)) {
        for (const { hash: next, node } of this.#expand(hash, bytes)) {
          if (!node) contents.add(next);
          else if (!met.has(next)) {
            met.add(next);
            front.push(next);
          }
        }
      }
    }
    const rest = [...contents].filter((hash) => !met.has(hash));
    for (let at = 0; at < rest.length; at += AT_ONCE) {
      await this.#readWhole(rest.slice(at, at + AT_ONCE), amount);
    }
    return amount;
  }

  /** Reads the chunks that no ref leads to. */
  async others(): Promise<Amount> {
    const amount = { chunks: 0, bytes: 0 };
    let batch: Hash[] = [];
    const readBatch = async () => {
      await this.#readWhole(batch, amount, true);
      batch = [];
    };
    for await (const { hash } of this.#store.list()) {
      if (this.#read.has(hash)) continue;
      batch.push(hash);
      if (batch.length === AT_ONCE) await readBatch();
    }
    await readBatch();
    return amount;
  }

  corrupt(): Hash[] {
    return [...this.#damage].filter(([, kind]) => kind === "corrupt").map(([hash]) => hash);
  }

  damaged(refs: ReadonlyMap<RefName, Hash>): DamagedChunk[] {
    const paths = new PathsTo(this.#damage.keys(), this.#nodes);
    for (const [name, hash] of refs) paths.follow(hash, name, []);
    return [...this.#damage].map(([hash, kind]) => ({ hash, kind, ...paths.to(hash) }));
  }

  /** The bytes of those that are there, and theirs. `optional`: they may have been deleted meanwhile. */
  async #readWhole(
    hashes: readonly Hash[],
    amount: { chunks: number; bytes: number },
    optional = false,
  ): Promise<[Hash, Uint8Array][]> {
    const found = await this.#store.getMany(hashes);
    const whole: [Hash, Uint8Array][] = [];
    for (const [index, hash] of hashes.entries()) {
      const bytes = found[index];
      this.#read.add(hash);
      if (!bytes && optional) continue;
      if (bytes) {
        amount.chunks += 1;
        amount.bytes += bytes.length;
        this.#bytes += bytes.length;
      }
      if (!bytes) this.#damage.set(hash, "missing");
      else if ((await sha256(bytes)) !== hash) this.#damage.set(hash, "corrupt");
      else whole.push([hash, bytes]);
    }
    this.#onProgress(this.#bytes);
    return whole;
  }

  #expand(hash: Hash, bytes: Uint8Array): readonly ChunkReference[] {
    try {
      const references = this.#references(bytes);
      this.#nodes.set(hash, references);
      return references;
    } catch {
      this.#damage.set(hash, "malformed");
      return [];
    }
  }
}

/** Finds the names that lead to damaged chunks, along those nodes only that lead to one. */
class PathsTo {
  readonly #nodes: ReadonlyMap<Hash, readonly ChunkReference[]>;
  readonly #leads: Set<Hash>;
  readonly #found: Map<Hash, Set<string>>;
  readonly #more = new Set<Hash>();
  #steps = 0;

  constructor(damaged: Iterable<Hash>, nodes: ReadonlyMap<Hash, readonly ChunkReference[]>) {
    this.#nodes = nodes;
    this.#found = new Map(Array.from(damaged, (hash) => [hash, new Set()]));
    this.#leads = leadingTo(this.#found.keys(), nodes);
  }

  to(hash: Hash): { paths: string[]; more: boolean } {
    return { paths: [...(this.#found.get(hash) ?? [])], more: this.#more.has(hash) };
  }

  follow(hash: Hash, ref: RefName, names: readonly string[]): void {
    if (!this.#leads.has(hash)) return;
    const found = this.#found.get(hash);
    if (found && (found.size >= PATHS_MAX || this.#steps >= STEPS_MAX)) this.#more.add(hash);
    else found?.add(`${ref}:/${names.join("/")}`);
    if (this.#steps++ >= STEPS_MAX) return;
    for (const { hash: next, name } of this.#nodes.get(hash) ?? []) {
      this.follow(next, ref, name === undefined ? names : [...names, name]);
    }
  }
}

/** `hashes` and all nodes from which one of them can be reached. */
function leadingTo(
  hashes: Iterable<Hash>,
  nodes: ReadonlyMap<Hash, readonly ChunkReference[]>,
): Set<Hash> {
  const parents = new Map<Hash, Hash[]>();
  for (const [parent, references] of nodes) {
    for (const { hash } of references) {
      const known = parents.get(hash);
      if (known) known.push(parent);
      else parents.set(hash, [parent]);
    }
  }
  const leads = new Set(hashes);
  for (const hash of leads) for (const parent of parents.get(hash) ?? []) leads.add(parent);
  return leads;
}
