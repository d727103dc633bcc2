/**
 * What the crash suite writes, and how it knows what must be there: the files of commit N follow from the
 * seed alone, so whoever finds a ref can say whether everything is as it was acknowledged. Runs wherever a
 * store does.
 */
import type { ChunkStore, Hash, StoredChunk } from "../../../kernel/state/chunk-store.ts";
import { fsck } from "../../../src/stores/fsck.ts";
import { collectGarbage } from "../../../src/stores/garbage.ts";
import { chunk, randomNumbers } from "../../src/stores/chunks.ts";
import { node, references } from "../../src/stores/nodes.ts";

export const MAIN = "machines/main";

const NAMES = 30;
const CHANGES_MAX = 8;
const SIZE_MAX = 30_000;
const COLLECT_EVERY = 9;

/** What a store was found to hold. */
export interface Found {
  /** Number of the last commit; 0: none yet. */
  readonly commit: number;
  /** What is wrong, in words. */
  readonly wrong: readonly string[];
}

/** A file by the seed and size of its content. */
interface File {
  readonly content: number;
  readonly size: number;
}

/** Commits one after the other, from where the store stands, and says each number once it is stored. */
export async function writeForever(
  store: ChunkStore,
  seed: number,
  acknowledge: (commit: number) => void | Promise<void>,
): Promise<never> {
  await store.lock(MAIN);
  const { commit } = await find(store, seed);
  for (let next = commit + 1; ; next++) {
    const all = await tree(filesAt(seed, next), next);
    const absent = new Set(await store.missing(all.map(({ hash }) => hash)));
    const fresh = all.filter(({ hash }) => absent.has(hash));
    const half = fresh.length >> 1;
    await store.put(fresh.slice(half));
    await store.put(fresh.slice(0, half));
    const [root] = all as [StoredChunk];
    if (!(await store.swapRef(MAIN, await store.readRef(MAIN), root.hash))) {
      throw new Error("somebody else writes this ref");
    }
    await acknowledge(next);
    if (next % COLLECT_EVERY === 0) await collectGarbage(store, references, { grace: 0 });
  }
}

/** Checks the whole store against what its last commit must be. */
export async function find(store: ChunkStore, seed: number): Promise<Found> {
  const { damaged } = await fsck(store, references);
  const wrong = damaged.map(({ kind, hash, paths }) => `${hash} is ${kind}: ${paths.join(", ")}`);
  const hash = await store.readRef(MAIN);
  if (hash === undefined) return { commit: 0, wrong };
  const commit = await commitOf(store, hash);
  const [expected] = (await tree(filesAt(seed, commit), commit)) as [StoredChunk];
  if (expected.hash !== hash) wrong.push(`commit ${commit} has other files than were written`);
  return { commit, wrong };
}

async function commitOf(store: ChunkStore, root: Hash): Promise<number> {
  const bytes = await store.get(root);
  const names = bytes ? references(bytes).map(({ name = "" }) => name) : [];
  const [, number] = /commit (\d+)/.exec(names.join()) ?? [];
  if (number === undefined) throw new Error(`${root} is no commit`);
  return Number(number);
}

/** The root first. */
async function tree(files: ReadonlyMap<string, File>, commit: number): Promise<StoredChunk[]> {
  const entries: Record<string, StoredChunk> = { [`commit ${commit}`]: await node({}) };
  const below: StoredChunk[] = [...Object.values(entries)];
  for (const [name, { content, size }] of files) {
    const bytes = await chunk(content, size);
    const file = await node({}, [bytes]);
    entries[name] = file;
    below.push(file, bytes);
  }
  return [await node(entries), ...below];
}

function filesAt(seed: number, commit: number): Map<string, File> {
  const files = new Map<string, File>();
  for (let each = 1; each <= commit; each++) {
    const random = randomNumbers(seed * 1_000_003 + each);
    const below = (limit: number) => Math.floor(random() * limit);
    for (let changes = 1 + below(CHANGES_MAX); changes > 0; changes--) {
      const name = `file${below(NAMES)}`;
      // Some content comes back, so that chunks are found that garbage collection is after.
      const content = below(4) === 0 ? below(20) : seed * 7919 + each * CHANGES_MAX + changes;
      if (below(6) === 0) files.delete(name);
      else files.set(name, { content, size: content < 20 ? 5000 : 1 + below(SIZE_MAX) });
    }
  }
  return files;
}
