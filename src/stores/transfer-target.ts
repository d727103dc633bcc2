/**
 * The receiving side of a transfer. It trusts nobody: every chunk's bytes must have the hash they are sent
 * for, and a ref is set only where all that its chunk leads to is here.
 */
import type {
  ChunkReference,
  ChunkStore,
  Hash,
  References,
  RefName,
  StoredChunk,
} from "../../kernel/state/chunk-store.ts";
import { checkChunks, checkRefName } from "./check.ts";
import { sha256 } from "./sha256.ts";
import { readNode } from "./walk.ts";

const AT_ONCE = 64;

/** What a sender needs of the other side; a connection carries these three calls. */
export interface TransferTarget {
  /** Those of `nodes` that are not here with all that they lead to, and those of `contents` that are not here. */
  missing(nodes: readonly Hash[], contents: readonly Hash[]): Promise<Hash[]>;
  /** Rejects, and stores none of them, where bytes are not what their hash says. */
  put(chunks: readonly StoredChunk[]): Promise<void>;
  /** Points the ref at `next` if it is at `expected`; false where it is not. */
  finish(name: RefName, expected: Hash | undefined, next: Hash): Promise<boolean>;
}

/** What arrived is not what was to be sent. */
export class TransferError extends Error {
  readonly code = "ERR_TRANSFER";
  override readonly name = "TransferError";
}

/** Receives into `store`. One target serves one transfer after the other. */
export function transferTarget(store: ChunkStore, references: References): TransferTarget {
  const whole = new Whole(store, references);
  return {
    async missing(nodes, contents) {
      const [partial, absent] = [await whole.partial(nodes), await store.missing(contents)];
      return [...partial, ...absent];
    },

    async put(chunks) {
      checkChunks(chunks);
      for (const { hash, bytes } of chunks) {
        if ((await sha256(bytes)) !== hash) {
          throw new TransferError(`chunk ${hash} arrived with other bytes`);
        }
      }
      await store.put(chunks);
    },

    async finish(name, expected, next) {
      checkRefName(name);
      if ((await whole.partial([next])).length > 0) {
        throw new TransferError(`${name} cannot be set: not all of ${next} has arrived`);
      }
      return store.swapRef(name, expected, next);
    },
  };
}

/** Knows which nodes are here with all that they lead to. */
class Whole {
  readonly #store: ChunkStore;
  readonly #references: References;
  readonly #known = new Set<Hash>();

  constructor(store: ChunkStore, references: References) {
    this.#store = store;
    this.#references = references;
  }

  /** Those of `nodes` that are not whole. */
  async partial(nodes: readonly Hash[]): Promise<Hash[]> {
    const asked = nodes.filter((hash) => !this.#known.has(hash));
    const visited = new Map<Hash, readonly ChunkReference[] | undefined>();
    const front = [...new Set(asked)];
    for (const hash of front) visited.set(hash, undefined);
    const contents = new Set<Hash>();
    while (front.length > 0) {
      const batch = front.splice(-AT_ONCE);
      for (const [hash, references] of await this.#read(batch)) {
        visited.set(hash, references);
        for (const { hash: child, node } of references) {
          if (!node) contents.add(child);
          else if (!visited.has(child) && !this.#known.has(child)) {
            visited.set(child, undefined);
            front.push(child);
          }
        }
      }
    }
    const absent = new Set(await this.#store.missing([...contents]));
    const partial = partialAmong(visited, absent);
    for (const hash of visited.keys()) if (!partial.has(hash)) this.#known.add(hash);
    return asked.filter((hash) => partial.has(hash));
  }

  /** What those refer to that are here; a damaged one counts as absent, and will be sent again. */
  async #read(hashes: readonly Hash[]): Promise<[Hash, readonly ChunkReference[]][]> {
    const absent = new Set(await this.#store.missing(hashes));
    const present = hashes.filter((hash) => !absent.has(hash));
    const found = await this.#store.getMany(present);
    const read: [Hash, readonly ChunkReference[]][] = [];
    for (const [index, hash] of present.entries()) {
      const references = await readNode(hash, found[index], this.#references).catch(
        () => undefined,
      );
      if (references) read.push([hash, references]);
    }
    return read;
  }
}

/** Nodes that are absent, and those that lead to one or to absent contents. */
function partialAmong(
  nodes: ReadonlyMap<Hash, readonly ChunkReference[] | undefined>,
  absent: ReadonlySet<Hash>,
): Set<Hash> {
  const parents = new Map<Hash, Hash[]>();
  const partial = new Set<Hash>();
  for (const [parent, references] of nodes) {
    if (!references) partial.add(parent);
    for (const { hash, node } of references ?? []) {
      if (!node && absent.has(hash)) partial.add(parent);
      if (!node) continue;
      const known = parents.get(hash);
      if (known) known.push(parent);
      else parents.set(hash, [parent]);
    }
  }
  for (const hash of partial) for (const parent of parents.get(hash) ?? []) partial.add(parent);
  return partial;
}
