/** Commits of a kept file system: what they hold, what they cost, and what a broken store does to them. */
import { describe, expect, test } from "vitest";
import { Errno, KernelError } from "../../../kernel/errno.ts";
import { ChunkCache } from "../../../kernel/state/chunk-reader.ts";
import type { Hash, StoredChunk } from "../../../kernel/state/chunk-store.ts";
import { references } from "../../../kernel/state/references.ts";
import { AT_FDCWD } from "../../../kernel/vfs/constants.ts";
import { MemoryStorage, MemoryStore } from "../../../src/stores/memory.ts";
import { codeOf } from "../boot.ts";
import { refuses } from "../vfs/machine.ts";
import { pattern } from "../vfs/suite/data.ts";
import { imageFiles, KeptMachine, sha256, testImage, writeAt } from "./kept.ts";

/** Counts what is put into it, and fails when it is told to. */
class WatchedStore extends MemoryStore {
  readonly puts: StoredChunk[] = [];
  failure: KernelError | undefined;

  override async put(chunks: readonly StoredChunk[]): Promise<void> {
    if (this.failure) throw this.failure;
    this.puts.push(...chunks);
    await super.put(chunks);
  }

  get bytes(): number {
    return this.puts.reduce((sum, { bytes }) => sum + bytes.length, 0);
  }
}

describe("a commit", () => {
  test("holds nothing while nothing was changed, however much was read", async () => {
    const kept = await KeptMachine.open({ image: testImage() });
    const { user, fileSystem } = kept;
    user.read("/etc/a");
    user.list("/etc");
    user.readlink("/etc/link");
    await kept.look();
    expect(fileSystem.kept?.isChanged).toBe(false);
  });

  test("costs what was changed since the last one", async () => {
    const store = new WatchedStore();
    const kept = await KeptMachine.open({ store, image: testImage() });
    const { user } = kept;
    for (let i = 0; i < 500; i++) user.write(`/home/${i}`, `file ${i}`);
    user.write("/home/large", pattern(3_000_000));
    await kept.commit();
    store.puts.length = 0;
    user.write("/home/17", "changed");
    await writeAt(user, "/home/large", new Uint8Array(10), 1_000_000);
    await kept.commit();
    expect(store.puts.length).toBeLessThan(12);
    expect(store.bytes).toBeLessThan(100_000);
  });

  test("records of the image only what was changed", async () => {
    const store = new WatchedStore();
    const kept = await KeptMachine.open({ store, image: testImage() });
    kept.user.chmod("/bin/tool", 0o700);
    await writeAt(kept.user, "/etc/deep/er/f", new Uint8Array(1), 69_000);
    await kept.commit();
    // One chunk of the file's two, and the directories above.
    expect(store.bytes).toBeLessThan(70_000);
    const restored = await kept.reopen(testImage());
    expect(await restored.look()).toEqual(await kept.look());
    const tool = imageFiles["/bin/tool"] as Uint8Array;
    expect(sha256(restored.user.bytes("/bin/tool"))).toBe(sha256(tool));
  });

  test("shows a moment: what is written while it runs is not in it", async () => {
    const image = testImage();
    const kept = await KeptMachine.open({ image });
    kept.user.write("/home/f", pattern(100_000));
    kept.user.write("/home/gone", "here");
    const before = await kept.look();
    const committing = kept.commit();
    await writeAt(kept.user, "/home/f", new Uint8Array(50_000), 10);
    kept.user.unlink("/home/gone");
    kept.user.rename("/etc", "/home/etc");
    const after = await kept.look();
    const first = await committing;
    const restored = await KeptMachine.open({ store: kept.store, image, from: first });
    expect(await restored.look()).toEqual(before);
    expect(await kept.look()).toEqual(after);
    expect(await (await kept.reopen(image)).look()).toEqual(after);
  });

  test("of equal trees has one hash, whatever led to them", async () => {
    const build = async (detour: boolean) => {
      const kept = await KeptMachine.open({ image: testImage() });
      const { user } = kept;
      for (let i = 0; i < 200; i++) {
        user.write(`/home/${i}`, `file ${i}`);
        if (detour && i % 50 === 7) await kept.commit();
      }
      if (detour) {
        const at = user.stat("/home");
        const { mtime, atime } = at;
        user.write("/home/temporary", pattern(10_000));
        await kept.commit();
        user.unlink("/home/temporary");
        user.sys.utimensat(AT_FDCWD, "/home", atime, mtime, 0);
      }
      return kept.commit();
    };
    expect((await build(true)).tree).toBe((await build(false)).tree);
  });

  test("keeps times to the nanosecond, devices, and times of access that were set", async () => {
    const kept = await KeptMachine.open();
    const { user } = kept;
    user.write("/f");
    user.sys.utimensat(AT_FDCWD, "/f", -5n, 2n ** 62n + 1n, 0);
    user.sys.mknodat(AT_FDCWD, "/d", 0o020600, 0x12345678);
    const restored = (await kept.reopen()).user;
    expect(await restored.waiting.newfstatat(AT_FDCWD, "/f", 0)).toEqual(user.stat("/f"));
    expect((await restored.waiting.newfstatat(AT_FDCWD, "/d", 0)).rdev).toBe(0x12345678);
  });

  test("refers to each of its chunks, and to nothing else", async () => {
    const storage = new MemoryStorage();
    const kept = await KeptMachine.open({ store: new MemoryStore(storage), image: testImage() });
    const { user } = kept;
    user.write("/home/large", pattern(2_000_000));
    user.write("/home/one", "linked");
    user.link("/home/one", "/home/two");
    user.sys.setxattr(AT_FDCWD, "/home/one", "user.long", pattern(5000), 0, 0);
    for (let i = 0; i < 1000; i++) user.mkdir(`/home/directory ${i}`);
    const { tree } = await kept.commit();
    const reached = new Set<Hash>();
    const waiting: { hash: Hash; node: boolean }[] = [{ hash: tree, node: true }];
    for (let next = waiting.pop(); next; next = waiting.pop()) {
      const { hash, node } = next;
      if (reached.has(hash)) continue;
      reached.add(hash);
      if (node) waiting.push(...references(storage.chunks.get(hash)?.bytes as Uint8Array));
    }
    expect(reached).toEqual(new Set(storage.chunks.keys()));
  });

  test("that fails loses nothing, and the next one has it all", async () => {
    const store = new WatchedStore();
    const image = testImage();
    const kept = await KeptMachine.open({ store, image });
    kept.user.write("/home/f", pattern(800_000));
    kept.user.link("/home/f", "/home/g");
    await kept.commit();
    await writeAt(kept.user, "/home/f", new Uint8Array(100), 300_000);
    kept.user.unlink("/etc/a");
    kept.user.mkdir("/home/d");
    store.failure = new KernelError(Errno.ENOSPC);
    const failing = codeOf(() => kept.commit());
    kept.user.rename("/home/d", "/etc/d");
    expect(await failing).toBe("ENOSPC");
    expect(kept.fileSystem.kept?.isChanged).toBe(true);
    store.failure = undefined;
    const restored = await kept.reopen(image);
    expect(await restored.look()).toEqual(await kept.look());
  });

  test("frees memory that the store has, and charges for it all the same", async () => {
    const kept = await KeptMachine.open({ cache: new ChunkCache(0) });
    kept.user.write("/f", pattern(1 << 20));
    const { memory } = kept.fileSystem.quota;
    await kept.commit();
    expect(memory - kept.fileSystem.quota.memory).toBeLessThan(65_536);
    expect(kept.fileSystem.quota.memory).toBeGreaterThan(1 << 20);
    kept.user.unlink("/f");
    expect(kept.fileSystem.quota.memory).toBeLessThan(4096);
  });

  test("of many names that come and go holds none of them, and nothing grows", async () => {
    const kept = await KeptMachine.open();
    await kept.commit();
    const { user } = kept;
    for (let i = 0; i < 3000; i++) {
      user.write(`/${i}`, "x");
      user.link(`/${i}`, "/second");
      user.unlink(`/${i}`);
      user.unlink("/second");
    }
    const { capture } = await kept.write();
    expect(capture.inodes.length).toBe(1);
    expect(capture.root.entries?.changes.size).toBe(0);
    expect(capture.links.changes.size).toBe(0);
  });
});

describe("a restored machine", () => {
  test("shares content with another, and neither sees the other's changes", async () => {
    const image = testImage();
    const cache = new ChunkCache(32 << 20);
    const kept = await KeptMachine.open({ image, cache });
    kept.user.write("/home/shared", pattern(500_000));
    const from = await kept.commit();
    const size = cache.size;
    const options = { store: kept.store, image, from, cache };
    const [one, two] = [await KeptMachine.open(options), await KeptMachine.open(options)];
    expect(await one.look()).toEqual(await two.look());
    expect(cache.size).toBe(size);
    one.user.write("/home/shared", "mine");
    two.user.unlink("/etc/a");
    expect(one.user.exists("/etc/a")).toBe(true);
    const whole = sha256(pattern(500_000));
    expect(sha256(two.user.bytes("/home/shared"))).toBe(whole);
    expect(sha256(kept.user.bytes("/home/shared"))).toBe(whole);
  });

  test("refuses a file whose image is another by now, where it shows through, and only there", async () => {
    const kept = await KeptMachine.open({ image: testImage() });
    await writeAt(kept.user, "/bin/tool", new Uint8Array(10), 140_000);
    kept.user.chmod("/etc/a", 0o600);
    const other = testImage({ ...imageFiles, "/bin/tool": pattern(150_001) });
    const { user } = await kept.reopen(other);
    const fd = await user.waiting.openat(AT_FDCWD, "/bin/tool", 0, 0);
    refuses("EIO", () => user.sys.pread64(fd, new Uint8Array(10), 0));
    expect(await user.waiting.pread64(fd, new Uint8Array(10), 140_000)).toBe(10);
    await user.waiting.newfstatat(AT_FDCWD, "/etc/a", 0);
    expect(user.bytes("/etc/a")).toEqual(imageFiles["/etc/a"]);
  });
});
