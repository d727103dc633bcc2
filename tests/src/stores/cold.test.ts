/** Cold storage: what a bucket refuses, and snapshots that go there and come back. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { references } from "../../../kernel/state/references.ts";
import { createVm, directoryStore } from "../../../src/index.ts";
import { copySnapshot } from "../../../src/stores/copy-snapshot.ts";
import { openDirectoryStore } from "../../../src/stores/directory.ts";
import { fsck } from "../../../src/stores/fsck.ts";
import { collectGarbage } from "../../../src/stores/garbage.ts";
import { type KVNamespace, openKvStore } from "../../../src/stores/kv.ts";
import { MemoryStore } from "../../../src/stores/memory.ts";
import { chunk } from "./chunks.ts";

const SNAPSHOT = "snapshots/monday";

/** Enough of a namespace for what is looked at here; tests/portability/stores has workerd's. */
function namespace(): KVNamespace {
  const values = new Map<string, Uint8Array>();
  const get = async (key: string, type: string) => {
    const found = values.get(key);
    if (!found) return null;
    return type === "stream"
      ? new Blob([found as Uint8Array<ArrayBuffer>]).stream()
      : found.slice().buffer;
  };
  return {
    get: get as KVNamespace["get"],
    put: async (key, value) => void values.set(key, value),
    delete: async (key) => void values.delete(key),
    list: async ({ prefix }) => ({
      keys: [...values.keys()].filter((name) => name.startsWith(prefix)).map((name) => ({ name })),
      list_complete: true,
    }),
  };
}

describe("cold storage", () => {
  test("no machine runs on it", async () => {
    const store = openKvStore(namespace());
    await expect(store.lock("machines/main")).rejects.toMatchObject({
      code: "ERR_STORE_UNSUPPORTED",
      message: expect.stringContaining("Workers KV has no locks"),
    });
  });

  test("its garbage goes only while nobody stores anything", async () => {
    const store = openKvStore(namespace());
    await store.put([await chunk(1)]);
    await expect(collectGarbage(store, references)).rejects.toThrow("with a grace of 0");
    expect((await collectGarbage(store, references, { grace: 0 })).deleted.chunks).toBe(1);
    expect((await fsck(store, references)).unreferenced.chunks).toBe(0);
  });

  test("a machine's state goes there and comes back, and only what changed goes again", async () => {
    const folder = await mkdtemp(join(tmpdir(), "isopod-cold-"));
    onTestFinished(() => rm(folder, { recursive: true }));
    const write = async (path: string, text: string) => {
      await using vm = await createVm({ store: directoryStore(folder), name: "main" });
      await vm.fs.writeFile(path, text);
      await vm.commit();
    };
    await write("/home/user/big", "x".repeat(500_000));
    const [bucket, home] = [openKvStore(namespace()), await openDirectoryStore(folder)];
    onTestFinished(() => home.close());
    const first = await copySnapshot(home, bucket, "machines/main", { as: SNAPSHOT });
    expect(first.chunks).toBeGreaterThan(3);
    await write("/home/user/small", "y");
    const again = copySnapshot(home, bucket, "machines/main", { as: SNAPSHOT });
    await expect(again).rejects.toMatchObject({ code: "ERR_SNAPSHOT_EXISTS" });
    const options = { as: "snapshots/tuesday" };
    const second = await copySnapshot(home, bucket, "machines/main", options);
    expect(second.bytes).toBeLessThan(first.bytes * 0.05);

    const elsewhere = new MemoryStore();
    await copySnapshot(bucket, elsewhere, SNAPSHOT, { as: "machines/back" });
    const report = await fsck(elsewhere, references);
    expect(report).toMatchObject({ damaged: [], referenced: { chunks: first.chunks } });
    const replaced = { as: "machines/back", replace: true };
    await copySnapshot(bucket, elsewhere, "snapshots/tuesday", replaced);
    expect(await elsewhere.readRef("machines/back")).toBe(await home.readRef("machines/main"));
  });

  test("what is not there cannot be copied", async () => {
    const copied = copySnapshot(new MemoryStore(), openKvStore(namespace()), SNAPSHOT);
    await expect(copied).rejects.toMatchObject({ code: "ERR_NO_SNAPSHOT" });
  });
});
