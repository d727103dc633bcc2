/** Reads nodes of a store by batches and follows what they refer to. */
import type {
  ChunkReference,
  ChunkStore,
  Hash,
  References,
} from "../../kernel/state/chunk-store.ts";
import { StoreDamaged } from "./damage.ts";
import { sha256 } from "./sha256.ts";

const NODES_AT_ONCE = 64;

/** What a walk has met. A chunk may be a node in one place and a file's bytes in another. */
export class Reached {
  /** Everything, nodes and contents. */
  readonly chunks = new Set<Hash>();
  /** The nodes among them, whose references were followed. */
  readonly nodes = new Set<Hash>();
}

/**
 * Adds to `reached` all that `roots` lead to. Throws StoreDamaged where a node is not there whole: what
 * lies behind it cannot be known.
 */
export async function reach(
  store: ChunkStore,
  references: References,
  roots: Iterable<Hash>,
  reached: Reached,
): Promise<void> {
  const front = [...new Set(roots)].filter((hash) => !reached.nodes.has(hash));
  for (const hash of front) {
    reached.chunks.add(hash);
    reached.nodes.add(hash);
  }
  while (front.length > 0) {
    const batch = front.splice(-NODES_AT_ONCE);
    const found = await store.getMany(batch);
    for (const [index, hash] of batch.entries()) {
      for (const { hash: next, node } of await readNode(hash, found[index], references)) {
        reached.chunks.add(next);
        if (!node || reached.nodes.has(next)) continue;
        reached.nodes.add(next);
        front.push(next);
      }
    }
  }
}

/** What the node refers to, once it is sure that it is that node. */
export async function readNode(
  hash: Hash,
  bytes: Uint8Array | undefined,
  references: References,
): Promise<readonly ChunkReference[]> {
  if (!bytes) throw new StoreDamaged({ hash, kind: "missing" });
  if ((await sha256(bytes)) !== hash) throw new StoreDamaged({ hash, kind: "corrupt" });
  try {
    return references(bytes);
  } catch {
    throw new StoreDamaged({ hash, kind: "malformed" });
  }
}
