/**
 * The read-only file system of an image. One instance serves every machine of a process, so it holds
 * nothing that belongs to a machine: it is never mounted itself, but lies below a MemoryFileSystem.
 */
import { Errno, fail } from "../errno.ts";
import type { StatFs } from "../syscalls/types.ts";
import { PAGE_SIZE, S_IFDIR, S_IFLNK, S_IFREG } from "./constants.ts";
import { type Attributes, type EmitEntry, type FileSystem, Inode } from "./file-system.ts";
import type { ImageContent, ImageEntry, ImageSource } from "./image-source.ts";

const FIRST_OFFSET = 3;
const NAME_BYTES = 255;
const NANOSECONDS = 1_000_000_000n;

export class ImageFileSystem implements FileSystem {
  readonly type = "image";
  readonly readOnly = true;
  readonly root: Inode;
  #lastIno = 0;

  /** Fails with a plain Error where the entries are no tree: that is a broken image, not a guest's act. */
  constructor(source: ImageSource) {
    const directories = new Map<string, ImageDirectory>();
    for (const entry of source.entries) {
      const inode = this.#inode(entry, source);
      if (inode instanceof ImageDirectory) directories.set(entry.path, inode);
      if (entry.path === "/") continue;
      const slash = entry.path.lastIndexOf("/");
      const parent = directories.get(entry.path.slice(0, slash) || "/");
      if (!parent) throw new Error(`image entry ${entry.path} comes before its directory`);
      parent.add(entry.path.slice(slash + 1), inode);
    }
    const root = directories.get("/");
    if (!root) throw new Error("the image has no root directory");
    this.root = root;
  }

  attach(): void {
    fail(Errno.EINVAL);
  }

  statfs(): StatFs {
    const none = { blocks: 0, bfree: 0, bavail: 0, ffree: 0, flags: 0 };
    return { ...none, type: 0, bsize: PAGE_SIZE, files: this.#lastIno, namelen: NAME_BYTES };
  }

  sync(): void {}

  #inode(entry: ImageEntry, source: ImageSource): ImageInode {
    const ino = ++this.#lastIno;
    switch (entry.kind) {
      case "directory":
        return new ImageDirectory(this, ino, entry);
      case "symlink":
        return new ImageSymlink(this, ino, entry);
      case "file":
        return new ImageFile(this, ino, entry, source);
    }
  }
}

abstract class ImageInode extends Inode implements Attributes {
  readonly fileSystem: FileSystem;
  readonly ino: number;
  readonly uid: number;
  readonly gid: number;
  readonly rdev = 0;
  readonly mtime: bigint;
  protected readonly permissions: number;

  constructor(fileSystem: FileSystem, ino: number, entry: ImageEntry) {
    super();
    this.fileSystem = fileSystem;
    this.ino = ino;
    this.uid = entry.uid;
    this.gid = entry.gid;
    this.permissions = entry.mode;
    this.mtime = BigInt(Math.trunc(entry.mtime)) * NANOSECONDS;
  }

  abstract readonly mode: number;
  abstract readonly size: number;

  get nlink(): number {
    return 1;
  }

  get blocks(): number {
    return 0;
  }

  get atime(): bigint {
    return this.mtime;
  }

  get ctime(): bigint {
    return this.mtime;
  }

  get birthtime(): bigint {
    return this.mtime;
  }

  override attributes(): Attributes {
    return this;
  }
}

class ImageDirectory extends ImageInode {
  readonly #entries = new Map<string, ImageInode>();
  #directories = 0;

  get mode(): number {
    return S_IFDIR | this.permissions;
  }

  get size(): number {
    return 0;
  }

  override get nlink(): number {
    return 2 + this.#directories;
  }

  add(name: string, inode: ImageInode): void {
    if (this.#entries.has(name)) throw new Error(`image entry ${name} is there twice`);
    this.#entries.set(name, inode);
    inode.parent = this;
    inode.name = name;
    if (inode instanceof ImageDirectory) this.#directories++;
  }

  override lookup(name: string): Inode | undefined {
    return this.#entries.get(name);
  }

  override list(offset: number, emit: EmitEntry): void {
    let at = FIRST_OFFSET;
    for (const [name, { ino, mode }] of this.#entries) {
      if (at > offset && !emit(name, ino, mode, at)) return;
      at++;
    }
  }
}

class ImageSymlink extends ImageInode {
  readonly #target: string;

  constructor(fileSystem: FileSystem, ino: number, entry: ImageEntry) {
    super(fileSystem, ino, entry);
    this.#target = entry.target ?? "";
  }

  get mode(): number {
    return S_IFLNK | 0o777;
  }

  get size(): number {
    return this.#target.length;
  }

  override readlink(): string {
    return this.#target;
  }
}

class ImageFile extends ImageInode {
  readonly #source: ImageSource;
  readonly #content: ImageContent;

  constructor(fileSystem: FileSystem, ino: number, entry: ImageEntry, source: ImageSource) {
    super(fileSystem, ino, entry);
    if (!entry.content) throw new Error(`image entry ${entry.path} has no content`);
    this.#source = source;
    this.#content = entry.content;
  }

  get mode(): number {
    return S_IFREG | this.permissions;
  }

  get size(): number {
    return this.#content.size;
  }

  override get blocks(): number {
    return Math.ceil(this.size / PAGE_SIZE) * (PAGE_SIZE / 512);
  }

  override get digest(): string {
    return this.#content.digest;
  }

  override read(target: Uint8Array, position: number): number {
    const length = Math.min(target.length, this.size - position);
    if (length <= 0) return 0;
    target.set(this.#source.read(this.#content, position, length));
    return length;
  }
}
