/** Records from anywhere: whatever the bytes are, the answer is a value or EIO, and limits hold. */
import { describe, expect, test } from "vitest";
import { KernelError } from "../../../kernel/errno.ts";
import { ChunkCache, ChunkReader } from "../../../kernel/state/chunk-reader.ts";
import type { Hash } from "../../../kernel/state/chunk-store.ts";
import { decodeEntry, encodeEntry, type InodeRecord } from "../../../kernel/state/records.ts";
import { references } from "../../../kernel/state/references.ts";
import { contentsShape } from "../../../kernel/state/shapes.ts";
import {
  decodeSnapshot,
  decodeTree,
  encodeSnapshot,
  encodeTree,
} from "../../../kernel/state/snapshot-record.ts";
import { update } from "../../../kernel/state/sorted-tree.ts";
import { Writer } from "../../../kernel/state/wire.ts";
import { AT_FDCWD } from "../../../kernel/vfs/constants.ts";
import { MemoryStorage, MemoryStore } from "../../../src/stores/memory.ts";
import { codeOf } from "../boot.ts";
import { seeded } from "../random.ts";
import { pattern } from "../vfs/suite/data.ts";
import { KeptMachine, lookAt, sha256, testImage } from "./kept.ts";

const times = { atime: 1n, mtime: 2n, ctime: 3n, birthtime: -4n };
const inode: InodeRecord = {
  ...{ kind: "inode", ino: 7, mode: 0o100644, nlink: 1, uid: 0, gid: 2 ** 32 - 1, rdev: 0 },
  ...{ ...times, lower: "/bin/tool", xattrs: { inline: [["user.a", pattern(3)]], charge: 9 } },
  content: {
    ...{ size: 9, lowerSize: 5, lowerDigest: `sha256:${"ab".repeat(32)}`, pages: 1, charge: 16 },
    parts: [{ index: 0, pages: 1, length: 9, hash: sha256(pattern(9)) }],
  },
};
const directory: InodeRecord = {
  ...{ kind: "inode", ino: 1, mode: 0o040755, nlink: 2, uid: 0, gid: 0, rdev: 0, ...times },
  ...{ lower: undefined, xattrs: undefined, entries: undefined },
};

/** Fails unless `decode` answers with a value or EIO. */
function endures(decode: (bytes: Uint8Array) => unknown, bytes: Uint8Array): void {
  try {
    decode(bytes);
  } catch (reason) {
    if (!(reason instanceof KernelError)) throw reason;
    expect(reason.code).toBe("EIO");
  }
}

describe("records", () => {
  const snapshot = encodeSnapshot({
    ...{ tree: sha256(pattern(1)), lastIno: 5, usage: { memory: 1, inodes: 2 }, created: 3 },
    ...{ parent: undefined, image: { reference: "base", digest: undefined } },
    machine: { hostname: "h", user: "u", cwd: undefined, env: { A: "b" } },
  });
  const samples: [string, Uint8Array, (bytes: Uint8Array) => unknown][] = [
    ["a file", encodeEntry(inode), decodeEntry],
    ["a link", encodeEntry({ kind: "link", ino: 9, type: 0o100000 }), decodeEntry],
    ["a tree", encodeTree({ root: directory, links: undefined }), decodeTree],
    ["a snapshot", snapshot, decodeSnapshot],
  ];

  test.each(samples)("are read as they were written: %s", (_, bytes, decode) => {
    expect(decode(bytes)).toBeDefined();
    if (decode === decodeEntry) expect(encodeEntry(decodeEntry(bytes))).toEqual(bytes);
  });

  test.each(samples)("that are cut short or go on are EIO: %s", (_, bytes, decode) => {
    for (let length = 0; length < bytes.length; length++) {
      expect(() => decode(bytes.subarray(0, length))).toThrow(KernelError);
    }
    expect(() => decode(Uint8Array.from([...bytes, 0]))).toThrow(KernelError);
  });

  test.each(samples)("that are mangled are a value or EIO: %s", (_, bytes, decode) => {
    const random = seeded(bytes.length);
    for (let i = 0; i < 3000; i++) {
      const copy = bytes.slice();
      for (let n = random.below(3); n >= 0; n--)
        copy[random.below(copy.length)] = random.below(256);
      endures(decode, copy);
      endures(references, copy);
    }
  });

  test("of no kind are EIO", () => {
    const random = seeded(3);
    for (let i = 0; i < 2000; i++) {
      const bytes = random.bytes(random.below(60));
      if (bytes.length > 0 && random.below(2) === 0) bytes[0] = 0xd1 + random.below(6);
      for (const decode of [decodeEntry, decodeTree, decodeSnapshot, references])
        endures(decode, bytes);
    }
  });

  test("say that a directory has several names: EIO", () => {
    const bytes = encodeEntry({ kind: "link", ino: 9, type: 0o040000 });
    expect(() => decodeEntry(bytes)).toThrow(KernelError);
  });
});

test("a map of few chunks that stands for billions of leaves is EIO when it is changed", async () => {
  const store = new MemoryStore(new MemoryStorage());
  const kept = new Map<Hash, Uint8Array>();
  const put = (bytes: Uint8Array) => {
    const hash = sha256(bytes);
    kept.set(hash, bytes);
    return hash;
  };
  const chunks = new ChunkReader(store, sha256, new ChunkCache(0));
  const write = async () => {
    await store.put([...kept].map(([hash, bytes]) => ({ hash, bytes })));
  };
  const value = pattern(2);
  const honest = await update(chunks, contentsShape, undefined, [[7, value]], put);
  await write();
  expect(await update(chunks, contentsShape, honest, [[8, value]], put)).toBeDefined();
  let root = honest as Hash;
  for (let level = 1; level < 6; level++) {
    const writer = new Writer();
    writer.byte(contentsShape.tag);
    writer.byte(level);
    writer.number(512);
    for (let key = 0; key < 512; key++) {
      contentsShape.write(writer, key, key === 0 ? undefined : key - 1);
      writer.hash(root);
    }
    root = put(writer.take());
  }
  await write();
  await expect(update(chunks, contentsShape, root, [[8, value]], put)).rejects.toMatchObject({
    code: "EIO",
  });
});

describe("a tree whose chunks are mangled under their own hashes", () => {
  test.each([1, 2, 3, 4, 5, 6])(
    "is walked to its end, with EIO here and there (seed %i)",
    async (seed) => {
      const random = seeded(seed);
      const storage = new MemoryStorage();
      const store = new MemoryStore(storage);
      const kept = await KeptMachine.open({ store, image: testImage() });
      for (let i = 0; i < 40; i++) {
        kept.user.mkdir(`/home/d${i}`);
        kept.user.write(`/home/d${i}/f`, pattern(i * 3000));
        kept.user.link(`/home/d${i}/f`, `/home/l${i}`);
      }
      const from = await kept.commit();
      // The store answers with other bytes, and the hash is taken for theirs.
      let asked: readonly Hash[] = [];
      let told = 0;
      const trusting = () => asked[told++ % asked.length] as Hash;
      store.getMany = async (hashes) => {
        [asked, told] = [hashes, 0];
        return hashes.map((hash) => {
          const bytes = storage.chunks.get(hash)?.bytes.slice() as Uint8Array;
          if (hash !== from.tree && bytes.length > 2 && random.below(3) === 0)
            bytes[2 + random.below(bytes.length - 2)] = random.below(256);
          return bytes;
        });
      };
      const machine = await KeptMachine.open({ store, image: testImage(), from, sha256: trusting });
      const { waiting } = machine.user;
      for (let i = 0; i < 40; i++) {
        const code = await codeOf(() => waiting.newfstatat(AT_FDCWD, `/home/d${i}/f`, 0));
        expect(["OK", "EIO", "ENOENT", "ENOTDIR", "ELOOP", "EACCES"]).toContain(code);
      }
    },
  );
});

describe("what a snapshot claims", () => {
  test("is what it may load: a tree of more than that is EIO", async () => {
    const kept = await KeptMachine.open();
    for (let i = 0; i < 100; i++) kept.user.write(`/${i}`, "x".repeat(100));
    const commit = await kept.commit();
    const from = { ...commit, usage: { memory: 1000, inodes: 3 } };
    const machine = await KeptMachine.open({ store: kept.store, from });
    const fd = await codeOf(async () => {
      const opened = await machine.user.waiting.openat(AT_FDCWD, "/", 0, 0);
      await machine.user.waiting.getdents64(opened, 65_536);
    });
    expect(fd).toBe("EIO");
    const honest = await KeptMachine.open({ store: kept.store, from: commit });
    expect(Object.keys(await lookAt(honest.fileSystem.root)).length).toBe(101);
  });
});
