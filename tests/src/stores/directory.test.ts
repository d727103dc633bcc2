/** What only a directory store shows: other processes, what the killed leave, and folders that are none. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readdir, rename, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { Worker } from "node:worker_threads";
import { beforeEach, describe, expect, onTestFinished, test } from "vitest";
import type { ChunkStore, StoredChunk } from "../../../kernel/state/chunk-store.ts";
import { type DirectoryStoreOptions, openDirectoryStore } from "../../../src/stores/directory.ts";
import { chunk, chunks } from "./chunks.ts";

const MAIN = "machines/main";
const HOLDER = resolve(import.meta.dirname, "lock-holder.ts");

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "isopod-directory-"));
  onTestFinished(() => rm(folder, { recursive: true }));
});

async function open(options?: DirectoryStoreOptions): Promise<ChunkStore> {
  const store = await openDirectoryStore(folder, options);
  onTestFinished(() => store.close());
  return store;
}

async function holder(): Promise<ChildProcess> {
  const child = spawn(process.execPath, ["--no-warnings", HOLDER, folder, MAIN]);
  onTestFinished(() => void child.kill("SIGKILL"));
  await once(child.stdout, "data");
  return child;
}

async function killed(child: ChildProcess): Promise<void> {
  const closed = once(child, "close");
  child.kill("SIGKILL");
  await closed;
}

describe("locks among processes", () => {
  test("a running process keeps its lock, stopped or not; a killed one does not", async () => {
    const store = await open();
    const other = await holder();
    const busy = `machines/main is in use by process ${other.pid}`;
    await expect(store.lock(MAIN)).rejects.toThrow(busy);
    other.kill("SIGSTOP");
    await expect(store.lock(MAIN)).rejects.toThrow(busy);
    await killed(other);
    const lock = await store.lock(MAIN);
    await expect(store.lock(MAIN)).rejects.toThrow("another machine of this process");
    await lock.release();
  });

  test("of many who find a dead holder's lock, one takes it", async () => {
    await killed(await holder());
    const stores = await Promise.all(Array.from({ length: 5 }, () => open()));
    const tries = await Promise.allSettled(stores.map((store) => store.lock(MAIN)));
    expect(tries.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
  });

  test("a lock ends with its thread, though the process goes on", async () => {
    const store = await open();
    const worker = new Worker(HOLDER, { argv: [folder, MAIN], stdout: true });
    await once(worker.stdout, "data");
    await expect(store.lock(MAIN)).rejects.toThrow("another machine of this process");
    await worker.terminate();
    await expect.poll(() => store.lock(MAIN).then(() => "locked", String)).toBe("locked");
  });

  test("a number that another process has by now holds no lock", async () => {
    const store = await open();
    const other = await holder();
    const [file = ""] = await readdir(join(folder, "locks"));
    const identity = { pid: other.pid, started: "1", boot: "", host: "elsewhere" };
    const { hostname } = await import("node:os");
    const path = join(folder, "locks", file);
    await writeFile(path, JSON.stringify({ ...identity, host: hostname() }));
    await (await store.lock(MAIN)).release();
    // Of a process on another host only its sign of life tells.
    await writeFile(
      join(folder, "locks", `${file.replace(/\d+$/, "")}9`),
      JSON.stringify(identity),
    );
    await expect(store.lock(MAIN)).rejects.toThrow(`process ${other.pid} on elsewhere`);
  });
});

describe("what a killed process leaves", () => {
  test("chunks without a ref are removed when the store is opened again", async () => {
    const child = await holder();
    expect(await readdir(join(folder, "incoming"))).toHaveLength(1);
    await open();
    expect(await readdir(join(folder, "incoming"))).toHaveLength(1);
    await killed(child);
    const store = await open();
    expect(await readdir(join(folder, "incoming"))).toEqual([]);
    expect(await store.missing(["0", "1"].map((digit) => digit.repeat(64)))).toEqual([
      "1".repeat(64),
    ]);
  });

  test("a pack that was moved away to be replaced is put back", async () => {
    const store = await open();
    const one = await chunk(1);
    await store.put([one]);
    await store.swapRef(MAIN, undefined, one.hash);
    const [pack = ""] = await readdir(join(folder, "packs"));
    await rename(join(folder, "packs", pack), join(folder, "trash", pack));
    const other = await open();
    expect(await readdir(join(folder, "packs"))).toEqual([pack]);
    expect(await other.get(one.hash)).toEqual(one.bytes);
  });
});

describe("packs", () => {
  test("small ones become one, and every chunk stays for all who have the store open", async () => {
    const [store, other] = [await open(), await open()];
    const all = await chunks(100);
    for (const each of all) {
      await store.put([each]);
      await store.swapRef(MAIN, await store.readRef(MAIN), each.hash);
    }
    expect((await readdir(join(folder, "packs"))).length).toBeLessThan(40);
    const hashes = all.map(({ hash }) => hash);
    const bytes = all.map((each) => each.bytes);
    expect(await other.getMany(hashes)).toEqual(bytes);
    expect(await store.getMany(hashes)).toEqual(bytes);
    expect(await (await open()).missing(hashes)).toEqual([]);
  });

  test("those made, replaced and removed by others are seen", async () => {
    const [store, other] = [await open(), await open()];
    const [root, first, second] = (await chunks(3)) as [StoredChunk, StoredChunk, StoredChunk];
    await store.put([root, first, second]);
    await store.swapRef(MAIN, undefined, root.hash);
    expect(await other.get(first.hash)).toEqual(first.bytes);
    await store.delete([first.hash]);
    expect(await other.get(second.hash)).toEqual(second.bytes);
    expect(await other.missing([root, first, second].map(({ hash }) => hash))).toEqual([
      first.hash,
    ]);
    expect(await other.get(first.hash)).toBeUndefined();
  });

  test("one that is cut short counts for nothing, and its chunks can be stored again", async () => {
    const store = await open();
    const one = await chunk(1, 5000);
    await store.put([one]);
    await store.swapRef(MAIN, undefined, one.hash);
    const [pack = ""] = await readdir(join(folder, "packs"));
    await truncate(join(folder, "packs", pack), 3000);
    const other = await open();
    expect(await other.missing([one.hash])).toEqual([one.hash]);
    await other.put([one]);
    await other.swapRef(MAIN, one.hash, one.hash);
    expect(await (await open()).get(one.hash)).toEqual(one.bytes);
  });
});

test("much that is put becomes durable before any ref does", async () => {
  const store = await open();
  const all = await chunks(20, 1 << 20);
  for (const each of all) await store.put([each]);
  const other = await open();
  const lacking = await other.missing(all.map(({ hash }) => hash));
  expect(lacking.length).toBeLessThan(all.length);
});

test("a folder of something else is refused and left alone", async () => {
  await writeFile(join(folder, "notes.txt"), "mine");
  await expect(open()).rejects.toMatchObject({
    code: "EINVAL",
    message: expect.stringContaining("is not empty"),
  });
  expect(await readdir(folder)).toEqual(["notes.txt"]);
});

test("a store of a later version is refused", async () => {
  await writeFile(join(folder, "isopod-store"), "2\n");
  await expect(open()).rejects.toMatchObject({ code: "EINVAL" });
});

test("no store is made where one should be", async () => {
  await expect(open({ create: false })).rejects.toMatchObject({ code: "ENOENT" });
  expect(await readdir(folder)).toEqual([]);
  await mkdir(join(folder, "sub"));
  await expect(open({ create: false })).rejects.toMatchObject({ code: "ENOENT" });
});

test("a folder made by many at once is one store", async () => {
  const stores = await Promise.all(Array.from({ length: 4 }, () => open()));
  const one = await chunk(1);
  await stores[0]?.put([one]);
  await stores[0]?.swapRef(MAIN, undefined, one.hash);
  for (const store of stores) expect(await store.readRef(MAIN)).toBe(one.hash);
});
