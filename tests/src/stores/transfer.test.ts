/** Only what the other side lacks is sent, a cut is no loss, and nothing damaged or incomplete gets a ref. */
import { describe, expect, test } from "vitest";
import type { ChunkStore, Hash, StoredChunk } from "../../../kernel/state/chunk-store.ts";
import { fsck } from "../../../src/stores/fsck.ts";
import { MemoryStore } from "../../../src/stores/memory.ts";
import { transfer } from "../../../src/stores/transfer.ts";
import { type TransferTarget, transferTarget } from "../../../src/stores/transfer-target.ts";
import { chunk } from "./chunks.ts";
import { node, references } from "./nodes.ts";

const MAIN = "machines/main";
const HASH_BYTES = 32;

/** A home of `files` files of 2 KB in folders of 40; `changed` of them are others than with 0. */
async function home(store: ChunkStore, files: number, changed = 0): Promise<Hash> {
  const folders: Record<string, StoredChunk> = {};
  for (let at = 0; at < files; at += 40) {
    const entries: Record<string, StoredChunk> = {};
    for (let i = at; i < Math.min(at + 40, files); i++) {
      const content = await chunk(i < changed ? i + 1_000_000 : i, 2048);
      const file = await node({}, [content]);
      await store.put([content, file]);
      entries[`file${i}`] = file;
    }
    const folder = await node(entries);
    await store.put([folder]);
    folders[`folder${at}`] = folder;
  }
  const root = await node(folders);
  await store.put([root]);
  return root.hash;
}

/** Counts the bytes that a connection would carry. */
function counted(target: TransferTarget) {
  const count = { bytes: 0, puts: 0 };
  const counting: TransferTarget = {
    async missing(nodes, contents) {
      const answer = await target.missing(nodes, contents);
      count.bytes += (nodes.length + contents.length + answer.length) * HASH_BYTES;
      return answer;
    },
    async put(chunks) {
      for (const { bytes } of chunks) count.bytes += bytes.length + HASH_BYTES;
      count.puts += 1;
      await target.put(chunks);
    },
    finish: (...all) => target.finish(...all),
  };
  return { count, target: counting };
}

describe("transfer", () => {
  test("a second one after a small change sends less than 5 % of the first", async () => {
    const [from, to] = [new MemoryStore(), new MemoryStore()];
    const before = await home(from, 1000);
    const first = counted(transferTarget(to, references));
    const sent = await transfer(from, first.target, references, { root: before, name: MAIN });
    expect(sent).toMatchObject({ chunks: 2026, left: 0 });
    expect(first.count.bytes).toBeGreaterThan(2_000_000);
    expect(await to.readRef(MAIN)).toBe(before);
    expect(await fsck(to, references)).toMatchObject({ damaged: [], unreferenced: { chunks: 0 } });

    const after = await home(from, 1000, 5);
    const second = counted(transferTarget(to, references));
    const options = { root: after, name: MAIN, expected: before };
    expect(await transfer(from, second.target, references, options)).toMatchObject({ chunks: 12 });
    expect(second.count.bytes).toBeLessThan(first.count.bytes * 0.05);
    expect(await to.readRef(MAIN)).toBe(after);
    expect((await fsck(to, references)).damaged).toEqual([]);
  });

  test("what is there is not sent, though no ref leads to it", async () => {
    const [from, to] = [new MemoryStore(), new MemoryStore()];
    const root = await home(from, 100);
    await home(to, 100);
    const { count, target } = counted(transferTarget(to, references));
    await transfer(from, target, references, { root, name: MAIN });
    expect(count.puts).toBe(0);
    expect(await to.readRef(MAIN)).toBe(root);
  });

  test("cut anywhere, the next one sends the rest", async () => {
    const from = new MemoryStore();
    const root = await home(from, 600);
    for (const cut of [0, 1, 2, 4]) {
      const to = new MemoryStore();
      const whole = counted(transferTarget(to, references));
      const lost = new Error("the network is gone");
      const cutting: TransferTarget = {
        ...whole.target,
        put: (chunks) =>
          whole.count.puts >= cut ? Promise.reject(lost) : whole.target.put(chunks),
      };
      const options = { root, name: MAIN };
      await expect(transfer(from, cutting, references, options)).rejects.toBe(lost);
      expect(await to.readRef(MAIN)).toBeUndefined();
      const arrived = whole.count.bytes;
      const rest = counted(transferTarget(to, references));
      await transfer(from, rest.target, references, options);
      expect((await fsck(to, references)).damaged).toEqual([]);
      expect(await to.readRef(MAIN)).toBe(root);
      const total = counted(transferTarget(new MemoryStore(), references));
      await transfer(from, total.target, references, options);
      // All questions are asked twice at most; chunks that arrived are not sent again.
      expect(arrived + rest.count.bytes).toBeLessThan(total.count.bytes * 1.15);
    }
  });

  test("cut while the directories are sent, only those are sent again", async () => {
    const [from, to] = [new MemoryStore(), new MemoryStore()];
    const root = await home(from, 200);
    const all = transferTarget(to, references);
    const contentsOnly: TransferTarget = {
      ...all,
      finish: () => Promise.reject(new Error("the tab was closed")),
    };
    await expect(transfer(from, contentsOnly, references, { root, name: MAIN })).rejects.toThrow();
    await to.delete([root]);
    const { count, target } = counted(transferTarget(to, references));
    const report = await transfer(from, target, references, { root, name: MAIN });
    expect(report).toMatchObject({ chunks: 1, asked: 6 });
    expect(count.puts).toBe(1);
  });

  test("a hole under a directory that is there is found and filled", async () => {
    const [from, to] = [new MemoryStore(), new MemoryStore()];
    const root = await home(from, 100);
    await home(to, 100);
    const hole = await chunk(77, 2048);
    await to.delete([hole.hash]);
    await transfer(from, transferTarget(to, references), references, { root, name: MAIN });
    expect((await fsck(to, references)).damaged).toEqual([]);
  });

  test("a ref that moved on is not overwritten", async () => {
    const [from, to] = [new MemoryStore(), new MemoryStore()];
    const root = await home(from, 10);
    const other = await chunk(1, 10);
    await to.put([other]);
    await to.swapRef(MAIN, undefined, other.hash);
    const target = transferTarget(to, references);
    expect(await transfer(from, target, references, { root, name: MAIN })).toBe(false);
    expect(await to.readRef(MAIN)).toBe(other.hash);
  });

  test("a chunk that is damaged here is named, and nothing gets a ref", async () => {
    const contents = await chunk(3, 2048);
    for (const damage of ["corrupt", "missing"] as const) {
      const [from, to] = [new MemoryStore(), new MemoryStore()];
      const root = await home(from, 10);
      if (damage === "missing") await from.delete([contents.hash]);
      else await from.put([{ hash: contents.hash, bytes: new Uint8Array(2048) }]);
      const target = transferTarget(to, references);
      const sent = transfer(from, target, references, { root, name: MAIN });
      await expect(sent).rejects.toMatchObject({
        code: "ERR_STORE_DAMAGED",
        damage: { hash: contents.hash, kind: damage },
      });
      expect((await to.refs()).size).toBe(0);
    }
  });

  test("the far side refuses wrong bytes, and a ref to what is not all there", async () => {
    const [from, to] = [new MemoryStore(), new MemoryStore()];
    const root = await home(from, 10);
    const target = transferTarget(to, references);
    const [good, bad] = [await chunk(1), await chunk(2)];
    const wrong = [good, { hash: bad.hash, bytes: good.bytes }];
    await expect(target.put(wrong)).rejects.toThrow(`chunk ${bad.hash} arrived with other bytes`);
    expect(await to.missing([good.hash])).toEqual([good.hash]);
    await expect(target.finish(MAIN, undefined, root)).rejects.toThrow("not all of");
    await target.put([{ hash: root, bytes: (await from.get(root)) as Uint8Array }]);
    await expect(target.finish(MAIN, undefined, root)).rejects.toThrow("not all of");
    await expect(target.finish("../etc", undefined, root)).rejects.toThrow(RangeError);
    expect((await to.refs()).size).toBe(0);
  });

  test("it can be aborted", async () => {
    const [from, to] = [new MemoryStore(), new MemoryStore()];
    const root = await home(from, 600);
    const stop = new AbortController();
    const sent = transfer(from, transferTarget(to, references), references, {
      root,
      name: MAIN,
      signal: stop.signal,
      onProgress: () => stop.abort(new Error("enough")),
    });
    await expect(sent).rejects.toThrow("enough");
    expect((await to.refs()).size).toBe(0);
  });
});
