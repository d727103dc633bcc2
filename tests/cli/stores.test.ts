/** `isopod fsck` and `isopod gc` on a directory with machines. */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { beforeEach, expect, onTestFinished, test } from "vitest";
import { createVm, directoryStore } from "../../src/index.ts";

const ISOPOD = resolve(import.meta.dirname, "../../bin/isopod");

function isopod(...args: string[]) {
  const { stdout, stderr, status } = spawnSync(process.execPath, [ISOPOD, ...args], {
    encoding: "utf8",
  });
  return { stdout, stderr, status };
}

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "isopod-fsck-"));
  onTestFinished(() => rm(folder, { recursive: true }));
});

/** A machine that had a big file, then another. */
async function fill(): Promise<void> {
  await using vm = await createVm({ store: directoryStore(folder), name: "main" });
  await vm.fs.writeFile("/home/user/gone", "x".repeat(100_000));
  await vm.commit();
  await vm.fs.rm("/home/user/gone");
  await vm.fs.writeFile("/home/user/notes.txt", "y".repeat(200_000));
  await vm.commit();
}

/** Changes one byte of the chunk with these bytes. */
async function damage(bytes: Buffer): Promise<void> {
  for (const name of await readdir(join(folder, "packs"))) {
    const path = join(folder, "packs", name);
    const pack = await readFile(path);
    const at = pack.indexOf(bytes);
    if (at < 0) continue;
    pack[at + 10] = 0;
    return writeFile(path, pack);
  }
  throw new Error("no pack has these bytes");
}

test("a clean store: what it holds, and status 0", async () => {
  await fill();
  const { stdout, status } = isopod("fsck", folder);
  expect(stdout).toMatch(/^1 ref, \d+ chunks \(\S+ kB\); \d+ chunks \(\S+ kB\) unreferenced\n$/);
  expect(status).toBe(0);
});

test("gc deletes what no ref leads to, and not what is new unless told so", async () => {
  await fill();
  expect(isopod("gc", folder)).toMatchObject({
    stdout: expect.stringMatching(/^0 chunks \(0 B\) deleted, .* kept\n\d+ chunks .* left/),
    status: 0,
  });
  expect(isopod("gc", "--now", folder)).toMatchObject({
    stdout: expect.stringMatching(
      /^[1-9]\d* chunks? \(\S+ kB\) deleted, \d+ chunks \(\S+ kB\) kept\n$/,
    ),
    status: 0,
  });
  expect(isopod("fsck", folder).stdout).toMatch(/; 0 chunks \(0 B\) unreferenced\n$/);
  await using vm = await createVm({ store: directoryStore(folder), name: "main" });
  expect(await vm.fs.readFile("/home/user/notes.txt", "utf8")).toBe("y".repeat(200_000));
});

test("a damage is told with the path it takes away, and status 1", async () => {
  await fill();
  isopod("gc", "--now", folder);
  const full = Buffer.from("y".repeat(65_536));
  const hash = createHash("sha256").update(full).digest("hex");
  await damage(full);
  const { stdout, status } = isopod("fsck", folder);
  expect(stdout).toContain(`corrupt    ${hash.slice(0, 12)}  machines/main:/home/user/notes.txt\n`);
  expect(stdout).toMatch(/\n1 damaged\n$/);
  expect(status).toBe(1);
  expect(isopod("fsck", "--repair", folder).stdout).toMatch(/1 damaged, 1 of them forgotten\n$/);
  expect(isopod("fsck", folder).stdout).toContain(`missing    ${hash.slice(0, 12)}`);
});

test("a folder that holds no store is left as it is", async () => {
  expect(isopod("fsck", folder)).toMatchObject({
    stdout: "",
    stderr: expect.stringContaining(`${folder} holds no store of machines`),
    status: 125,
  });
  expect(await readdir(folder)).toEqual([]);
  expect(isopod("gc", join(folder, "none"))).toMatchObject({ status: 125 });
  expect(isopod("fsck", "one", "two").status).toBe(2);
  expect(isopod("gc", "--then").status).toBe(2);
});
