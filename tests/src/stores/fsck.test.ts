/** fsck finds every damage, and tells which files it takes away. */
import { describe, expect, test } from "vitest";
import type { ChunkStore, StoredChunk } from "../../../kernel/state/chunk-store.ts";
import { fsck } from "../../../src/stores/fsck.ts";
import { MemoryStore } from "../../../src/stores/memory.ts";
import { chunk, chunks } from "./chunks.ts";
import { node, references } from "./nodes.ts";

/** /a/x and /a/y share content 0; /b/x is the same file as /a/x. */
async function example() {
  const contents = await chunks(4, 1000);
  const [shared, second, third] = contents as [StoredChunk, StoredChunk, StoredChunk];
  const x = await node({}, [shared, second]);
  const y = await node({}, [shared, third]);
  const a = await node({ x, y });
  const b = await node({ x });
  const root = await node({ a, b });
  const store = new MemoryStore();
  const reached = [root, a, b, x, y, shared, second, third];
  await store.put(reached);
  await store.swapRef("machines/main", undefined, root.hash);
  await store.swapRef("snapshots/b", undefined, b.hash);
  return { store, root, a, b, x, y, shared, second, third, reached };
}

/** Other bytes under the hash of `of`. */
async function corrupt(store: ChunkStore, of: StoredChunk): Promise<void> {
  const bytes = of.bytes.slice();
  bytes[0] = (bytes[0] as number) ^ 1;
  await store.put([{ hash: of.hash, bytes }]);
}

describe("fsck", () => {
  test("a clean store", async () => {
    const { store, reached } = await example();
    const loose = await chunk(99, 500);
    await store.put([loose]);
    const bytes = reached.reduce((sum, each) => sum + each.bytes.length, 0);
    expect(await fsck(store, references)).toEqual({
      refs: 2,
      referenced: { chunks: 8, bytes },
      unreferenced: { chunks: 1, bytes: 500 },
      damaged: [],
    });
  });

  test("a missing file chunk is told with every path that needs it", async () => {
    const { store, shared, second } = await example();
    await store.delete([shared.hash, second.hash]);
    const { damaged } = await fsck(store, references);
    const ofX = ["machines/main:/a/x", "machines/main:/b/x", "snapshots/b:/x"];
    expect(damaged.map(({ paths, ...rest }) => ({ ...rest, paths: [...paths].sort() }))).toEqual(
      expect.arrayContaining([
        { hash: second.hash, kind: "missing", more: false, paths: ofX },
        {
          hash: shared.hash,
          kind: "missing",
          more: false,
          paths: [...ofX, "machines/main:/a/y"].sort(),
        },
      ]),
    );
    expect(damaged).toHaveLength(2);
  });

  test("corrupt contents, nodes and unreferenced chunks", async () => {
    const { store, third, a } = await example();
    const loose = await chunk(99, 500);
    await corrupt(store, loose);
    await corrupt(store, third);
    await corrupt(store, a);
    const { damaged, unreferenced } = await fsck(store, references);
    // Behind the broken directory nothing is known: its own file's chunks look unreferenced.
    expect(damaged).toEqual(
      expect.arrayContaining([
        { hash: a.hash, kind: "corrupt", paths: ["machines/main:/a"], more: false },
        { hash: third.hash, kind: "corrupt", paths: [], more: false },
        { hash: loose.hash, kind: "corrupt", paths: [], more: false },
      ]),
    );
    expect(unreferenced.chunks).toBe(3);
  });

  test("a node that is none, and a missing root", async () => {
    const { store } = await example();
    const [wrong, root] = (await chunks(2, 64, 70)) as [StoredChunk, StoredChunk];
    await store.put([wrong, root]);
    await store.swapRef("snapshots/wrong", undefined, wrong.hash);
    await store.swapRef("snapshots/lost", undefined, root.hash);
    await store.delete([root.hash]);
    const { damaged } = await fsck(store, references);
    expect(damaged).toEqual([
      { hash: root.hash, kind: "missing", paths: ["snapshots/lost:/"], more: false },
      { hash: wrong.hash, kind: "malformed", paths: ["snapshots/wrong:/"], more: false },
    ]);
  });

  test("many paths to one damage are counted, not all told", async () => {
    const store = new MemoryStore();
    const [content] = (await chunks(1)) as [StoredChunk];
    const file = await node({}, [content]);
    const names = Array.from({ length: 150 }, (_, i) => [`f${i}`, file]);
    const root = await node(Object.fromEntries(names));
    await store.put([file, root]);
    await store.swapRef("machines/main", undefined, root.hash);
    const [damage] = (await fsck(store, references)).damaged;
    expect(damage?.paths).toHaveLength(100);
    expect(damage?.more).toBe(true);
  });

  test("repair forgets corrupt chunks, so that they can be stored again", async () => {
    const { store, third } = await example();
    await corrupt(store, third);
    expect((await fsck(store, references, { repair: true })).damaged).toHaveLength(1);
    expect(await store.missing([third.hash])).toEqual([third.hash]);
    await store.put([third]);
    expect((await fsck(store, references)).damaged).toEqual([]);
  });
});
