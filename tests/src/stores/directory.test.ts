/** What only a directory store shows: other processes, what the killed leave, and folders that are none. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readdir, rename, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { Worker } from "node:worker_threads";
import { beforeEach, describe, expect, onTestFinished, test } from "vitest";
import type { ChunkStore } from "../../../kernel/state/chunk-store.ts";
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
    expect(await store.missing(["0".repeat(64)])).toHaveLength(1);
  });

  test("a chunk that a sweep had moved away is put back", async () => {
    const store = await open();
    const one = await chunk(1);
    await store.put([one]);
    await store.swapRef(MAIN, undefined, one.hash);
    const place = join(folder, "chunks", one.hash.slice(0, 2), one.hash);
    await rename(place, join(folder, "trash", one.hash));
    expect(await store.get(one.hash)).toEqual(one.bytes);
    await open();
    expect((await stat(place)).size).toBe(one.bytes.length);
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
