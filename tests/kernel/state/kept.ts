/** What the tests of kept file systems work with: an image, machines over it, and how trees look. */
import { createHash, hash } from "node:crypto";
import { O_CREAT, O_RDWR } from "../../../kernel/fd/flags.ts";
import { ChunkCache, ChunkReader } from "../../../kernel/state/chunk-reader.ts";
import type { ChunkStore, Hash, Sha256 } from "../../../kernel/state/chunk-store.ts";
import { type Written, writeCapture } from "../../../kernel/state/commit.ts";
import { decodeTree, type Usage } from "../../../kernel/state/snapshot-record.ts";
import { AT_FDCWD, S_IFDIR, S_IFLNK, S_IFMT, S_IFREG } from "../../../kernel/vfs/constants.ts";
import type { Inode } from "../../../kernel/vfs/file-system.ts";
import { ImageFileSystem } from "../../../kernel/vfs/image.ts";
import type { ImageEntry, ImageSource } from "../../../kernel/vfs/image-source.ts";
import { MemoryFileSystem } from "../../../kernel/vfs/memory/file-system.ts";
import { awake } from "../../../kernel/wait/sleep.ts";
import { MemoryStore } from "../../../src/stores/memory.ts";
import { nodeHost } from "../boot.ts";
import { type TestMachine, testMachine, type User } from "../vfs/machine.ts";
import { pattern } from "../vfs/suite/data.ts";

export const sha256 = (bytes: Uint8Array): Hash => hash("sha256", bytes);

/** /bin/tool of 150,000 bytes, /etc/a, /etc/b, /etc/deep/er/f, /etc/link, /home. */
export const imageFiles: Readonly<Record<string, Uint8Array>> = {
  "/bin/tool": pattern(150_000),
  "/etc/a": pattern(100),
  "/etc/b": pattern(5000),
  "/etc/deep/er/f": pattern(70_000),
};

export function testImage(files = imageFiles): ImageFileSystem {
  return new ImageFileSystem(imageSource(files));
}

function imageSource(files: Readonly<Record<string, Uint8Array>>): ImageSource {
  const contents = new Map<string, Uint8Array>();
  const common = { uid: 0, gid: 0, mtime: 1_600_000_000 };
  const directory = (path: string): ImageEntry => ({
    ...common,
    path,
    kind: "directory",
    mode: 0o777,
  });
  const entries = ["/", "/bin", "/etc", "/etc/deep", "/etc/deep/er", "/home"].map(directory);
  entries.push({ ...common, path: "/etc/link", kind: "symlink", mode: 0o777, target: "a" });
  for (const [path, bytes] of Object.entries(files)) {
    const digest = `sha256:${sha256(bytes)}`;
    contents.set(digest, bytes);
    const content = { digest, size: bytes.length };
    entries.push({ ...common, path, kind: "file", mode: 0o666, content });
  }
  return {
    entries,
    read: ({ digest }, offset, length) =>
      contents.get(digest)?.subarray(offset, offset + length) ?? new Uint8Array(0),
  };
}

/** A commit, and all that another machine needs to begin with it. */
export interface TestCommit {
  readonly tree: Hash;
  readonly lastIno: number;
  readonly usage: Usage;
}

export interface KeptOptions {
  readonly store?: ChunkStore;
  readonly image?: ImageFileSystem | undefined;
  readonly from?: TestCommit | undefined;
  readonly cache?: ChunkCache;
  readonly sha256?: Sha256;
}

/** A machine whose root can be committed. */
export class KeptMachine {
  readonly store: ChunkStore;
  readonly chunks: ChunkReader;
  readonly fileSystem: MemoryFileSystem;
  readonly machine: TestMachine;
  readonly user: User;

  private constructor(chunks: ChunkReader, fileSystem: MemoryFileSystem) {
    this.store = chunks.store;
    this.chunks = chunks;
    this.fileSystem = fileSystem;
    this.machine = testMachine(fileSystem);
    this.user = this.machine.user();
  }

  static async open(options: KeptOptions = {}): Promise<KeptMachine> {
    const { store = new MemoryStore(), image, from, cache = new ChunkCache(0) } = options;
    const hashOf = options.sha256 ?? sha256;
    const chunks = new ChunkReader(store, hashOf, cache);
    const lower = image ? [image.root] : [];
    if (!from) return new KeptMachine(chunks, new MemoryFileSystem({ lower, kept: { chunks } }));
    const tree = decodeTree(await awake(() => chunks.need(from.tree)));
    const state = { ...from, tree };
    return new KeptMachine(chunks, new MemoryFileSystem({ lower, kept: { chunks, state } }));
  }

  /** Commits what is there when it is called. */
  async commit(): Promise<TestCommit> {
    const { capture, written } = await this.write();
    written.committed();
    return { tree: written.tree, lastIno: capture.lastIno, usage: written.usage };
  }

  /** As commit, but nobody is told that it survived. */
  async write(): Promise<{ capture: ReturnType<MemoryFileSystem["capture"]>; written: Written }> {
    const capture = this.fileSystem.capture();
    const now = () => performance.now();
    const pace = { scheduler: nodeHost.scheduler, now };
    try {
      return { capture, written: await writeCapture(capture, this.chunks, pace) };
    } catch (reason) {
      capture.failed();
      throw reason;
    }
  }

  /** Another machine that begins with this one's next commit, and has nothing in its cache. */
  async reopen(image?: ImageFileSystem): Promise<KeptMachine> {
    const from = await this.commit();
    return KeptMachine.open({ store: this.store, image, from });
  }

  /** Everything that there is, but the times of access. */
  look(): Promise<Record<string, unknown>> {
    return lookAt(this.fileSystem.root);
  }
}

/** What a tree shows, path by path, read past the system calls so that reading leaves no trace. */
export async function lookAt(root: Inode, withNumbers = true): Promise<Record<string, unknown>> {
  const found: Record<string, unknown> = {};
  const waiting: [string, Inode][] = [["/", root]];
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    const [path, inode] = next;
    found[path] = await awake(() => describe(inode, withNumbers));
    if ((inode.attributes().mode & S_IFMT) !== S_IFDIR) continue;
    const children = await awake(() => childrenOf(inode));
    for (const [name, child] of children)
      waiting.push([path === "/" ? `/${name}` : `${path}/${name}`, child]);
  }
  return Object.fromEntries(Object.entries(found).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function childrenOf(directory: Inode): [string, Inode][] {
  const names: string[] = [];
  directory.list(2, (name) => names.push(name) > 0);
  return names.map((name) => [name, directory.lookup(name) as Inode]);
}

function describe(inode: Inode, withNumbers: boolean): unknown {
  const { ino, mode, nlink, uid, gid, rdev, size, blocks, mtime, ctime, birthtime } =
    inode.attributes();
  const xattrs = [...inode.listXattr()]
    .sort()
    .map((name) => [name, Buffer.from(inode.getXattr(name) as Uint8Array).toString("hex")]);
  const type = mode & S_IFMT;
  return {
    ...(withNumbers && { ino }),
    ...{ mode: mode.toString(8), nlink, uid, gid, rdev, size, blocks },
    ...{ mtime, ctime, birthtime, xattrs },
    ...(type === S_IFLNK && { target: inode.readlink() }),
    ...(type === S_IFREG && { bytes: digestOf(inode, size), holes: holesOf(inode, size) }),
  };
}

function digestOf(inode: Inode, size: number): string {
  const digest = createHash("sha256");
  const part = new Uint8Array(65_536);
  for (let at = 0; at < Math.min(size, 1 << 22); ) {
    const count = inode.read(part, at);
    if (count === 0) break;
    digest.update(part.subarray(0, count));
    at += count;
  }
  return digest.digest("hex");
}

/** Where holes begin and end. */
function holesOf(inode: Inode, size: number): number[] {
  const edges: number[] = [];
  for (let at = 0; at < size; ) {
    const hole = inode.seekHole(at);
    if (hole >= size) break;
    edges.push(hole);
    try {
      at = inode.seekData(hole);
    } catch {
      break;
    }
    edges.push(at);
  }
  return edges;
}

/** Writes at an offset, through calls that may wait. */
export async function writeAt(
  { waiting }: User,
  path: string,
  bytes: Uint8Array,
  offset = 0,
): Promise<void> {
  const fd = await waiting.openat(AT_FDCWD, path, O_RDWR | O_CREAT, 0o666);
  await waiting.pwrite64(fd, bytes, offset);
  await waiting.close(fd);
}
