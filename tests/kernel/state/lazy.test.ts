/** A restored tree is fetched when it is used: each call waits where it must, and what is broken is EIO there. */
import { describe, expect, test } from "vitest";
import { O_CREAT, O_RDONLY, O_RDWR, O_TRUNC } from "../../../kernel/fd/flags.ts";
import type { Sys } from "../../../kernel/index.ts";
import { NEED_BYTES_MAX } from "../../../kernel/state/chunk-reader.ts";
import type { Hash } from "../../../kernel/state/chunk-store.ts";
import { AT_FDCWD, AT_REMOVEDIR, RENAME_EXCHANGE } from "../../../kernel/vfs/constants.ts";
import { MemoryStorage, MemoryStore } from "../../../src/stores/memory.ts";
import { codeOf } from "../boot.ts";
import { pattern } from "../vfs/suite/data.ts";
import { KeptMachine, sha256, testImage } from "./kept.ts";

const image = testImage();

/** A machine that has read nothing of what `fill` made, beside one that has everything in memory. */
async function coldAndWarm() {
  const fill = async () => {
    const kept = await KeptMachine.open({ image });
    const { user } = kept;
    user.mkdir("/home/a");
    user.mkdir("/home/a/b");
    user.mkdir("/home/empty");
    user.write("/home/a/b/f", pattern(150_000));
    user.write("/home/a/g", "g");
    user.link("/home/a/g", "/home/h");
    user.symlink("a/b", "/home/s");
    user.sys.setxattr(AT_FDCWD, "/home/a/g", "user.k", pattern(2000), 0, 0);
    user.sys.mknodat(AT_FDCWD, "/home/p", 0o010600, 0);
    user.write("/home/big", pattern(1_000_000));
    user.unlink("/etc/b");
    return kept;
  };
  const [warm, cold] = [await fill(), await (await fill()).reopen(image)];
  return { warm, cold };
}

const CALLS: Record<string, (sys: Sys) => unknown> = {
  newfstatat: (sys) => sys.newfstatat(AT_FDCWD, "/home/a/b/f", 0),
  "newfstatat through a link": (sys) => sys.newfstatat(AT_FDCWD, "/home/s/f", 0),
  faccessat2: (sys) => sys.faccessat2(AT_FDCWD, "/home/h", 4, 0),
  readlinkat: (sys) => sys.readlinkat(AT_FDCWD, "/home/s"),
  openat: (sys) => sys.openat(AT_FDCWD, "/home/a/b/f", O_RDONLY, 0),
  "openat and truncate": (sys) => sys.openat(AT_FDCWD, "/home/big", O_RDWR | O_TRUNC, 0),
  "openat and create": (sys) => sys.openat(AT_FDCWD, "/home/a/b/new", O_RDWR | O_CREAT, 0o600),
  mkdirat: (sys) => sys.mkdirat(AT_FDCWD, "/home/a/b/new", 0o700),
  "mkdirat over a name": (sys) => sys.mkdirat(AT_FDCWD, "/home/a/b", 0o700),
  mknodat: (sys) => sys.mknodat(AT_FDCWD, "/home/a/q", 0o010600, 0),
  symlinkat: (sys) => sys.symlinkat("x", AT_FDCWD, "/home/a/b/x"),
  linkat: (sys) => sys.linkat(AT_FDCWD, "/home/a/b/f", AT_FDCWD, "/home/empty/f", 0),
  "linkat of a linked file": (sys) => sys.linkat(AT_FDCWD, "/home/h", AT_FDCWD, "/etc/h", 0),
  unlinkat: (sys) => sys.unlinkat(AT_FDCWD, "/home/a/b/f", 0),
  "unlinkat of a linked file": (sys) => sys.unlinkat(AT_FDCWD, "/home/h", 0),
  "unlinkat of a large file": (sys) => sys.unlinkat(AT_FDCWD, "/home/big", 0),
  rmdir: (sys) => sys.unlinkat(AT_FDCWD, "/home/empty", AT_REMOVEDIR),
  "rmdir of what is not empty": (sys) => sys.unlinkat(AT_FDCWD, "/home/a", AT_REMOVEDIR),
  renameat2: (sys) => sys.renameat2(AT_FDCWD, "/home/a/b/f", AT_FDCWD, "/home/a/g", 0),
  "renameat2 of a directory": (sys) =>
    sys.renameat2(AT_FDCWD, "/home/a", AT_FDCWD, "/home/empty", 0),
  "renameat2 over what is not empty": (sys) =>
    sys.renameat2(AT_FDCWD, "/home/empty", AT_FDCWD, "/home/a", 0),
  "renameat2 and exchange": (sys) =>
    sys.renameat2(AT_FDCWD, "/home/a/b/f", AT_FDCWD, "/etc", RENAME_EXCHANGE),
  fchmodat: (sys) => sys.fchmodat(AT_FDCWD, "/home/h", 0o600, 0),
  fchownat: (sys) => sys.fchownat(AT_FDCWD, "/home/a/b/f", 1, 2, 0),
  utimensat: (sys) => sys.utimensat(AT_FDCWD, "/home/a/b", 1n, 2n, 0),
  "truncate inside a chunk": (sys) => sys.truncate("/home/a/b/f", 100_000),
  "truncate of a large file": (sys) => sys.truncate("/home/big", 700_001),
  getxattr: (sys) => sys.getxattr(AT_FDCWD, "/home/h", "user.k", 0),
  setxattr: (sys) => sys.setxattr(AT_FDCWD, "/home/h", "user.l", pattern(3), 0, 0),
  listxattr: (sys) => sys.listxattr(AT_FDCWD, "/home/h", 0),
  removexattr: (sys) => sys.removexattr(AT_FDCWD, "/home/h", "user.k", 0),
  chdir: (sys) => sys.chdir("/home/s"),
  "a name that is gone": (sys) => sys.newfstatat(AT_FDCWD, "/etc/b", 0),
  "a name that never was": (sys) => sys.newfstatat(AT_FDCWD, "/home/a/none", 0),
  getdents64: (sys) => listing(sys, "/home"),
  "read, write, seek and allocate": async (sys) => {
    const fd = await sys.openat(AT_FDCWD, "/home/big", O_RDWR, 0);
    const bytes = new Uint8Array(300_000);
    const answers = [
      await sys.pread64(fd, bytes, 250_000),
      sha256(bytes),
      await sys.pwrite64(fd, pattern(10), 65_530),
      await sys.fallocate(fd, 3, 100_000, 300_000),
      await sys.lseek(fd, 0, 4),
      await sys.fallocate(fd, 8, 4096, 65_536),
    ];
    await sys.close(fd);
    return answers;
  },
};

async function listing(sys: Sys, path: string): Promise<unknown> {
  const fd = await sys.openat(AT_FDCWD, path, O_RDONLY, 0);
  const entries = await sys.getdents64(fd, 65_536);
  await sys.close(fd);
  return entries.map(({ name, type, ino }) => ({ name, type, ino })).sort(byName);
}

function byName(a: { name: string }, b: { name: string }): number {
  return a.name < b.name ? -1 : 1;
}

async function answerOf(work: () => unknown): Promise<unknown> {
  let answer: unknown;
  const code = await codeOf(async () => {
    answer = await work();
  });
  return code === "OK" ? answer : code;
}

describe("calls on what has not been read", () => {
  test.each(Object.entries(CALLS))("%s", async (_, call) => {
    const { warm, cold } = await coldAndWarm();
    const expected = await answerOf(() => call(warm.user.waiting));
    expect(await answerOf(() => call(cold.user.waiting))).toEqual(expected);
    expect(await cold.look()).toEqual(await warm.look());
  });
});

describe("what the store has lost or mangled", () => {
  async function damaged(change: (storage: MemoryStorage, hash: Hash) => void) {
    const storage = new MemoryStorage();
    const kept = await KeptMachine.open({ image, store: new MemoryStore(storage) });
    const content = pattern(40_000);
    kept.user.write("/home/broken", content);
    kept.user.write("/home/whole", "whole");
    const from = await kept.commit();
    change(storage, sha256(content));
    return KeptMachine.open({ image, store: new MemoryStore(storage), from });
  }

  test.each<[string, (storage: MemoryStorage, hash: Hash) => void]>([
    ["missing", ({ chunks }, hash) => chunks.delete(hash)],
    ["other bytes", ({ chunks }, hash) => chunks.set(hash, held(pattern(39_999)))],
    ["a flipped bit", ({ chunks }, hash) => chunks.set(hash, held(flipped(pattern(40_000))))],
  ])("content that is %s is EIO, on that file alone", async (_, change) => {
    const { user } = await damaged(change);
    const { waiting } = user;
    const fd = await waiting.openat(AT_FDCWD, "/home/broken", O_RDWR, 0);
    expect((await waiting.fstat(fd)).size).toBe(40_000);
    const bytes = new Uint8Array(10).fill(7);
    expect(await codeOf(() => waiting.pread64(fd, bytes, 5))).toBe("EIO");
    expect(bytes).toEqual(new Uint8Array(10).fill(7));
    expect(await codeOf(() => waiting.pwrite64(fd, bytes, 5))).toBe("EIO");
    const whole = await waiting.openat(AT_FDCWD, "/home/whole", O_RDONLY, 0);
    expect(await waiting.read(whole, bytes)).toBe(5);
    // Written anew, it is whole again.
    expect(await waiting.pwrite64(fd, new Uint8Array(65_536), 0)).toBe(65_536);
    expect(await waiting.pread64(fd, bytes, 5)).toBe(10);
  });

  test("a directory that is mangled is EIO there, and what lies beside it is there", async () => {
    const storage = new MemoryStorage();
    const kept = await KeptMachine.open({ store: new MemoryStore(storage) });
    const { user } = kept;
    user.mkdir("/d");
    user.write("/d/f", "in it");
    user.write("/g", "beside it");
    const without = new Set(storage.chunks.keys());
    const from = await kept.commit();
    const [records] = [...storage.chunks.keys()].filter((hash) => !without.has(hash));
    expect(records).toBeDefined();
    const machine = await KeptMachine.open({ store: new MemoryStore(storage), from });
    const root = machine.fileSystem.kept?.state?.tree.root.entries;
    for (const [hash, { bytes }] of storage.chunks) {
      const names = Buffer.from(bytes).includes("f") && !Buffer.from(bytes).includes("g");
      if (hash !== root && bytes[0] === 0xd1 && names) storage.chunks.delete(hash);
    }
    const { waiting } = machine.user;
    expect(await codeOf(() => waiting.newfstatat(AT_FDCWD, "/d/f", 0))).toBe("EIO");
    expect(await codeOf(() => listing(waiting, "/d"))).toBe("EIO");
    expect(await codeOf(() => waiting.unlinkat(AT_FDCWD, "/d", AT_REMOVEDIR))).toBe("EIO");
    expect((await waiting.newfstatat(AT_FDCWD, "/g", 0)).size).toBe(9);
  });

  test("a long read is made in pieces that the cache can hold", async () => {
    const kept = await KeptMachine.open();
    kept.user.write("/f", pattern(NEED_BYTES_MAX + 100_000));
    const { user } = await kept.reopen();
    const fd = await user.waiting.openat(AT_FDCWD, "/f", O_RDONLY, 0);
    const bytes = new Uint8Array(2 * NEED_BYTES_MAX);
    const first = await user.waiting.read(fd, bytes);
    expect(first).toBe(NEED_BYTES_MAX);
    expect(await user.waiting.read(fd, bytes.subarray(first))).toBe(100_000);
    const all = sha256(bytes.subarray(0, NEED_BYTES_MAX + 100_000));
    expect(all).toBe(sha256(pattern(NEED_BYTES_MAX + 100_000)));
  });
});

function held(bytes: Uint8Array) {
  return { bytes, touched: 0 };
}

function flipped(bytes: Uint8Array): Uint8Array {
  bytes[20_000] = (bytes[20_000] as number) ^ 1;
  return bytes;
}
