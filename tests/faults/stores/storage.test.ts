/** Storage that is full, that fails, that lies: ENOSPC or EIO, and nothing that was kept is lost. */
import { spawnSync } from "node:child_process";
import { mkdtemp, readdir, readFile, rename, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { beforeEach, describe, expect, onTestFinished, test } from "vitest";
import type { ChunkStore, StoredChunk } from "../../../kernel/state/chunk-store.ts";
import { openDirectoryStore } from "../../../src/stores/directory.ts";
import {
  type DurableObjectStorage,
  openDurableObjectStore,
} from "../../../src/stores/durable-object.ts";
import { fsck } from "../../../src/stores/fsck.ts";
import { MemoryStorage, MemoryStore } from "../../../src/stores/memory.ts";
import { chunk, chunks } from "../../src/stores/chunks.ts";
import { node, references } from "../../src/stores/nodes.ts";

const MAIN = "machines/main";
const FULL_DISK = resolve(import.meta.dirname, "full-disk.ts");
/** A mount of its own, as root or as a user who may make name spaces. */
const OWN_MOUNTS = ["--map-root-user", "--mount"];
const mayMount = spawnSync("unshare", [...OWN_MOUNTS, "true"]).status === 0;

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "isopod-storage-"));
  onTestFinished(() => rm(folder, { recursive: true }));
});

async function committed(store: ChunkStore): Promise<StoredChunk[]> {
  const contents = await chunks(3, 1000);
  const root = await node({}, contents);
  await store.put([root, ...contents]);
  await store.swapRef(MAIN, undefined, root.hash);
  return [root, ...contents];
}

describe("a full quota", () => {
  test("memory: the batch is refused, what was there stays", async () => {
    const store = new MemoryStore(new MemoryStorage({ quota: 10_000 }));
    await committed(store);
    const much = await chunks(10, 1000, 50);
    await expect(store.put(much)).rejects.toMatchObject({ code: "ENOSPC" });
    expect((await fsck(store, references)).damaged).toEqual([]);
    expect(await store.missing(much.map(({ hash }) => hash))).toHaveLength(10);
    await store.put(much.slice(0, 5));
  });

  test.runIf(mayMount)("directory: a full disk, then one with room again", () => {
    const script = `mount -t tmpfs -o size=4m none "$0" && exec "$@" "$0"`;
    const command = [...OWN_MOUNTS, "sh", "-c", script, folder, process.execPath];
    const { stdout, stderr } = spawnSync("unshare", [...command, "--no-warnings", FULL_DISK], {
      encoding: "utf8",
    });
    expect(stderr).toBe("");
    const said = JSON.parse(stdout);
    expect(said).toMatchObject({
      refused: "ENOSPC",
      damaged: [],
      swapped: true,
      referenced: 31,
      damagedFinally: [],
    });
    expect(said.quota).toBeLessThan(5 << 20);
  });

  test("Durable Object: SQLite's word for it is ENOSPC, any other failure EIO", async () => {
    for (const [text, code] of [
      ["database or disk is full: SQLITE_FULL", "ENOSPC"],
      ["disk I/O error: SQLITE_IOERR", "EIO"],
    ]) {
      let failing = false;
      const storage: DurableObjectStorage = {
        sql: {
          exec: () => {
            if (failing) throw new Error(text);
            return { toArray: () => [] };
          },
          databaseSize: 0,
        },
        transactionSync: (act) => act(),
        sync: async () => {},
      };
      const store = await openDurableObjectStore(storage);
      failing = true;
      const failed = [store.put([await chunk(1)]), store.get("0".repeat(64)), store.refs()];
      for (const each of failed) await expect(each).rejects.toMatchObject({ code });
    }
  });
});

describe("a directory that fails", () => {
  test("what cannot be read is EIO, not absent", async () => {
    const store = await openDirectoryStore(join(folder, "store"));
    const [root, first] = (await committed(store)) as [StoredChunk, StoredChunk];
    const [pack = ""] = await readdir(join(folder, "store/packs"));
    const whole = await readFile(join(folder, "store/packs", pack));
    await truncate(join(folder, "store/packs", pack), 500);
    await expect(store.get(first.hash)).rejects.toMatchObject({ code: "EIO" });
    await expect(store.getMany([root.hash, first.hash])).rejects.toMatchObject({ code: "EIO" });
    await writeFile(join(folder, "store/packs", pack), whole);
    expect(await store.get(first.hash)).toEqual(first.bytes);
    await writeFile(join(folder, "store/refs", MAIN), "no hash");
    await expect(store.readRef(MAIN)).rejects.toMatchObject({ code: "EIO" });
    await store.close();
  });

  test("what cannot be written is EIO, and the ref stays where it was", async () => {
    const store = await openDirectoryStore(join(folder, "store"));
    const [root] = (await committed(store)) as [StoredChunk];
    const next = await chunk(9);
    await store.put([next]);
    // Where packs belong there is something else.
    const packs = join(folder, "store/packs");
    await rename(packs, `${packs}-away`);
    await writeFile(packs, "");
    await expect(store.swapRef(MAIN, root.hash, next.hash)).rejects.toMatchObject({ code: "EIO" });
    expect(await store.readRef(MAIN)).toBe(root.hash);
    await rm(packs);
    await rename(`${packs}-away`, packs);
    expect(await store.swapRef(MAIN, root.hash, next.hash)).toBe(true);
    expect(await store.get(next.hash)).toEqual(next.bytes);
    await store.close();
  });

  test("one whose folder is gone fails, and is not made anew in silence", async () => {
    const store = await openDirectoryStore(join(folder, "store"));
    const [root] = (await committed(store)) as [StoredChunk];
    await rm(join(folder, "store"), { recursive: true });
    const next = await chunk(9);
    const put = store.put([next]).then(() => store.swapRef(MAIN, root.hash, next.hash));
    await expect(put).rejects.toMatchObject({ code: "EIO" });
    expect(await readdir(folder)).toEqual([]);
  });
});
