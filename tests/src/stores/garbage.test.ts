/** Garbage goes, whatever a ref leads to or a writer counts on stays. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import type { ChunkStore, Hash, StoredChunk } from "../../../kernel/state/chunk-store.ts";
import { openDirectoryStore } from "../../../src/stores/directory.ts";
import { fsck } from "../../../src/stores/fsck.ts";
import { collectGarbage } from "../../../src/stores/garbage.ts";
import { MemoryStorage, MemoryStore } from "../../../src/stores/memory.ts";
import { chunks, randomNumbers } from "./chunks.ts";
import { node, references } from "./nodes.ts";

const ALL_AT_ONCE = { grace: 0 };

/** What was put before is older than what comes. */
const aMoment = () => new Promise((settle) => setTimeout(settle, 20));

async function tree(seed: number): Promise<StoredChunk[]> {
  const contents = await chunks(3, 300, seed * 10);
  const file = await node({}, contents);
  const folder = await node({ file });
  return [await node({ [`folder${seed}`]: folder }), folder, file, ...contents];
}

async function commit(store: ChunkStore, all: StoredChunk[], name = "machines/main") {
  await store.put(all);
  await store.swapRef(name, await store.readRef(name), all[0]?.hash);
}

describe("garbage collection", () => {
  test("deletes what no ref leads to, and nothing else", async () => {
    const store = new MemoryStore();
    const [old, current, snapshot] = await Promise.all([tree(1), tree(2), tree(3)]);
    await commit(store, old);
    await commit(store, snapshot, "snapshots/one");
    await commit(store, current);
    await aMoment();
    const report = await collectGarbage(store, references, ALL_AT_ONCE);
    expect(report.deleted.chunks).toBe(old.length);
    expect(report.kept.chunks).toBe(current.length + snapshot.length);
    expect(report.deleted.bytes).toBe(old.reduce((sum, { bytes }) => sum + bytes.length, 0));
    expect(await store.missing(old.map(({ hash }) => hash))).toHaveLength(old.length);
    const { damaged, unreferenced } = await fsck(store, references);
    expect([damaged, unreferenced.chunks]).toEqual([[], 0]);
  });

  test("leaves what was put lately for whoever is about to refer to it", async () => {
    const store = new MemoryStore();
    await commit(store, await tree(1));
    const coming = await tree(2);
    await store.put(coming);
    const report = await collectGarbage(store, references);
    expect(report.deleted.chunks).toBe(0);
    expect(report.recent.chunks).toBe(coming.length);
    await commit(store, coming);
    expect((await fsck(store, references)).damaged).toEqual([]);
  });

  test("leaves all that lies under a chunk that a writer found", async () => {
    const store = new MemoryStore();
    const [old, current] = await Promise.all([tree(1), tree(2)]);
    await commit(store, old);
    await commit(store, current);
    await aMoment();
    const [, folder] = old as [StoredChunk, StoredChunk];
    expect(await store.missing([folder.hash])).toEqual([]);
    const report = await collectGarbage(store, references, { grace: 10 });
    expect(report.recent.chunks).toBe(old.length - 1);
    expect(report.deleted.chunks).toBe(1);
    await commit(store, [await node({ again: folder })]);
    expect((await fsck(store, references)).damaged).toEqual([]);
  });

  test("a ref that is made while it runs keeps all its chunks", async () => {
    const storage = new MemoryStorage();
    const writer = new MemoryStore(storage);
    const [old, current] = await Promise.all([tree(1), tree(2)]);
    await commit(writer, old);
    await commit(writer, current);
    await aMoment();
    const store = new MemoryStore(storage);
    const sweep = store.sweep.bind(store);
    store.sweep = async (...all) => {
      store.sweep = sweep;
      await writer.swapRef("snapshots/saved", undefined, old[0]?.hash);
      return sweep(...all);
    };
    const report = await collectGarbage(store, references, ALL_AT_ONCE);
    expect(report.deleted.chunks).toBe(0);
    expect((await fsck(store, references)).damaged).toEqual([]);
  });

  test("deletes nothing where a directory that a ref leads to cannot be read", async () => {
    const store = new MemoryStore();
    const [old, current] = await Promise.all([tree(1), tree(2)]);
    await commit(store, old);
    await commit(store, current);
    const [, folder] = current as [StoredChunk, StoredChunk];
    await store.put([{ hash: folder.hash, bytes: new Uint8Array(10) }]);
    await aMoment();
    const collected = collectGarbage(store, references, ALL_AT_ONCE);
    await expect(collected).rejects.toMatchObject({ code: "ERR_STORE_DAMAGED" });
    expect(await store.missing(old.map(({ hash }) => hash))).toEqual([]);
  });

  test("a grace that is none is refused", async () => {
    for (const grace of [-1, Number.NaN, 2 * 86_400_000]) {
      await expect(collectGarbage(new MemoryStore(), references, { grace })).rejects.toThrow(
        RangeError,
      );
    }
  });

  test("runs beside writers that put back what it takes away, and no ref ever dangles", async () => {
    // A grace must be longer than any commit takes, which is for the machine to say.
    for (let grace = 1000; ; grace *= 2) {
      const { damaged, slowest } = await race(grace);
      if (slowest >= grace) continue;
      expect(damaged).toEqual([]);
      return;
    }
  });
});

/** A collector beside two writers: what is damaged then, and what the slowest commit took, in milliseconds. */
async function race(grace: number): Promise<{ damaged: readonly unknown[]; slowest: number }> {
  const folder = await mkdtemp(join(tmpdir(), "isopod-garbage-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const [collector, ...writers] = (await Promise.all(
    [1, 2, 3].map(() => openDirectoryStore(folder)),
  )) as [ChunkStore, ...ChunkStore[]];
  // So many that some go unused for longer than the grace.
  const trees = await Promise.all(Array.from({ length: 0.4 * grace }, (_, seed) => tree(seed)));
  const random = randomNumbers(7);
  let deleted = 0;
  let slowest = 0;
  const write = async (store: ChunkStore, name: string) => {
    while (deleted < 200) {
      const wanted = trees[Math.floor(random() * trees.length)] as StoredChunk[];
      const begun = performance.now();
      await writeTree(store, wanted, name);
      slowest = Math.max(slowest, performance.now() - begun);
    }
  };
  const writes = writers.map((store, index) => write(store, `machines/${index}`));
  while (deleted < 200) {
    deleted += (await collectGarbage(collector, references, { grace })).deleted.chunks;
  }
  await Promise.all(writes);
  const { damaged } = await fsck(collector, references);
  for (const store of [collector, ...writers]) await store.close();
  return { damaged, slowest };
}

/** As a commit does it: from the top, under what is there everything is there. */
async function writeTree(store: ChunkStore, all: StoredChunk[], name: string): Promise<void> {
  const [root] = all as [StoredChunk];
  const byHash = new Map(all.map((each) => [each.hash, each]));
  const put: StoredChunk[] = [];
  const visit = async (hash: Hash) => {
    if ((await store.missing([hash])).length === 0) return;
    const wanted = byHash.get(hash) as StoredChunk;
    if (wanted.bytes.length !== 300) {
      for (const { hash } of references(wanted.bytes)) await visit(hash);
    }
    put.push(wanted);
  };
  await visit(root.hash);
  await store.put(put);
  await store.swapRef(name, await store.readRef(name), root.hash);
}
