/**
 * A directory of a memory file system. Entries keep the order of their making and an offset that never
 * changes, so a listing goes on wherever it stopped, whatever happened meanwhile. A name that shows
 * through from below gets its entry when it is first looked up; one that was removed keeps an entry
 * without an inode (a whiteout).
 */
import { Errno, fail } from "../../errno.ts";
import { LINK_MAX } from "../../limits.ts";
import { PAGE_SIZE, S_IFDIR, S_IFLNK, S_IFMT, S_IFREG } from "../constants.ts";
import type { Attributes, EmitEntry, Inode, NewInode } from "../file-system.ts";
import { MemoryFile } from "./file.ts";
import type { MemoryFileSystem } from "./file-system.ts";
import { MemoryInode } from "./inode.ts";
import { MemoryNode, MemorySymlink } from "./node.ts";

interface Entry {
  readonly name: string;
  readonly offset: number;
  /** Counted in the quota: false for what shows through. */
  readonly paid: boolean;
  /** Undefined: removed. */
  inode: MemoryInode | undefined;
}

const FIRST_OFFSET = 3;

export class MemoryDirectory extends MemoryInode {
  readonly #entries = new Map<string, Entry>();
  /** Directories that show through, the topmost first; empty once all of them is in #entries. */
  #lowers: readonly Inode[];
  /** Entries by offset, with some removed ones among them; made by the first listing. */
  #listing: Entry[] | undefined;
  /** Entries with an inode. */
  #count = 0;
  #nextOffset = FIRST_OFFSET;

  constructor(fileSystem: MemoryFileSystem, init: NewInode, lowers: readonly Inode[]) {
    super(fileSystem, init, lowers[0]);
    this.#lowers = lowers;
    this.nlink = lowers[0]?.attributes().nlink ?? 2;
  }

  override attributes(): Attributes {
    // The links of several directories in one are known once they are merged.
    if (this.#lowers.length > 1) this.#complete();
    return this;
  }

  /** As on most disks, whatever it holds. */
  override get size(): number {
    return PAGE_SIZE;
  }

  override get blocks(): number {
    return PAGE_SIZE / 512;
  }

  /** Sets the times of a root that was made before its machine. */
  born(now: bigint): void {
    this.atime = now;
    this.mtime = now;
    this.ctime = now;
  }

  override lookup(name: string): MemoryInode | undefined {
    const entry = this.#entries.get(name);
    if (entry) return entry.inode;
    return this.#lowers.length > 0 ? this.#fromBelow(name) : undefined;
  }

  override create(name: string, init: NewInode): MemoryInode {
    this.#requireAlive();
    const inode = make(this.fileSystem, init);
    try {
      this.#pay(name);
    } catch (reason) {
      inode.nlink = 1;
      inode.unlinked(inode.ctime);
      throw reason;
    }
    this.#put(name, inode);
    if (inode instanceof MemoryDirectory) this.nlink++;
    this.#changed(inode.ctime);
    return inode;
  }

  override createUnnamed(init: NewInode): MemoryInode {
    this.#requireAlive();
    const inode = make(this.fileSystem, init);
    inode.nlink = 0;
    return inode;
  }

  override link(name: string, inode: Inode): void {
    this.#requireAlive();
    const file = inode as MemoryInode;
    // What never had a name may get its first one; what lost its last is gone.
    if (file.nlink === 0 && file.name !== "") fail(Errno.ENOENT);
    if (file.nlink >= LINK_MAX) fail(Errno.EMLINK);
    this.#pay(name);
    file.nlink++;
    file.ctime = this.fileSystem.now();
    this.#put(name, file);
    this.#changed(file.ctime);
  }

  override unlink(name: string): void {
    const inode = this.#take(name);
    this.#changed(this.fileSystem.now());
    inode.unlinked(this.ctime);
  }

  override rmdir(name: string): void {
    const directory = this.lookup(name) as MemoryDirectory;
    if (!directory.isEmpty()) fail(Errno.ENOTEMPTY);
    this.#take(name);
    this.nlink--;
    this.#changed(this.fileSystem.now());
    directory.nlink = 1;
    directory.unlinked(this.ctime);
  }

  override rename(name: string, directory: Inode, newName: string, exchange: boolean): void {
    const target = directory as MemoryDirectory;
    const moved = this.lookup(name) as MemoryInode;
    const other = target.lookup(newName);
    if (exchange) this.#exchange(name, moved, target, newName, other as MemoryInode);
    else this.#move(name, moved, target, newName, other);
    const now = this.fileSystem.now();
    moved.ctime = now;
    this.#changed(now);
    target.#changed(now);
    if (other && exchange) other.ctime = now;
    else other?.unlinked(now);
  }

  override list(offset: number, emit: EmitEntry): void {
    this.#complete();
    const listing = this.#listed();
    for (let i = firstBehind(listing, offset); i < listing.length; i++) {
      const { name, inode, offset: own } = listing[i] as Entry;
      if (inode && !emit(name, inode.ino, inode.mode, own)) return;
    }
  }

  isEmpty(): boolean {
    this.#complete();
    return this.#count === 0;
  }

  protected override freed(): void {
    for (const entry of this.#entries.values()) this.#refund(entry);
  }

  #move(
    name: string,
    moved: MemoryInode,
    target: MemoryDirectory,
    newName: string,
    other: MemoryInode | undefined,
  ): void {
    target.#requireAlive();
    if (other instanceof MemoryDirectory && !other.isEmpty()) fail(Errno.ENOTEMPTY);
    target.#pay(newName);
    if (other instanceof MemoryDirectory) {
      other.nlink = 1;
      target.nlink--;
    }
    this.#take(name);
    target.#put(newName, moved);
    if (moved instanceof MemoryDirectory) {
      this.nlink--;
      target.nlink++;
    }
  }

  #exchange(
    name: string,
    moved: MemoryInode,
    target: MemoryDirectory,
    newName: string,
    other: MemoryInode,
  ): void {
    this.#put(name, other);
    target.#put(newName, moved);
    const difference =
      Number(moved instanceof MemoryDirectory) - Number(other instanceof MemoryDirectory);
    this.nlink -= difference;
    target.nlink += difference;
  }

  #requireAlive(): void {
    if (this.nlink === 0) fail(Errno.ENOENT);
  }

  #changed(now: bigint): void {
    this.mtime = now;
    this.ctime = now;
  }

  /** Charges for the entry of `name`, unless there is one. ENOSPC, before anything is changed. */
  #pay(name: string): void {
    if (!this.#entries.has(name)) this.fileSystem.quota.takeEntry(name);
  }

  #refund(entry: Entry): void {
    if (entry.paid) this.fileSystem.quota.giveEntry(entry.name);
  }

  /** Makes `name` stand for `inode`, whatever it stood for. */
  #put(name: string, inode: MemoryInode, paid = true): void {
    let entry = this.#entries.get(name);
    if (!entry) {
      entry = { name, offset: this.#nextOffset++, paid, inode: undefined };
      this.#entries.set(name, entry);
      this.#listing?.push(entry);
    }
    if (!entry.inode) this.#count++;
    entry.inode = inode;
    inode.parent = this;
    inode.name = name;
  }

  /** Takes `name` out; leaves a whiteout where it would show through again. */
  #take(name: string): MemoryInode {
    const inode = this.lookup(name) as MemoryInode;
    const entry = this.#entries.get(name) as Entry;
    entry.inode = undefined;
    this.#count--;
    if (this.#lowers.length === 0) {
      this.#entries.delete(name);
      this.#refund(entry);
      this.#compact();
    }
    return inode;
  }

  /** Drops removed entries from the listing once they are most of it. */
  #compact(): void {
    const listing = this.#listing;
    if (listing && listing.length > 64 && listing.length > 2 * this.#entries.size)
      this.#listing = listing.filter((entry) => entry.inode);
  }

  #listed(): Entry[] {
    if (!this.#listing) this.#listing = [...this.#entries.values()];
    return this.#listing;
  }

  /** Gives every name from below its entry; then nothing shows through any more. */
  #complete(): void {
    if (this.#lowers.length === 0) return;
    for (const lower of this.#lowers) {
      const handle = lower.open(0);
      try {
        handle.list(FIRST_OFFSET - 1, (name) => {
          this.lookup(name);
          return true;
        });
      } finally {
        handle.close();
      }
    }
    this.#lowers = [];
    for (const [name, entry] of this.#entries) {
      if (entry.inode) continue;
      this.#entries.delete(name);
      this.#refund(entry);
    }
    let directories = 0;
    for (const { inode } of this.#entries.values())
      if (inode instanceof MemoryDirectory) directories++;
    this.nlink = 2 + directories;
  }

  /** The file that `name` shows below, from now on in this file system. */
  #fromBelow(name: string): MemoryInode | undefined {
    const found: Inode[] = [];
    for (const lower of this.#lowers) {
      const inode = lower.lookup(name);
      if (!inode) continue;
      const isDirectory = (inode.attributes().mode & S_IFMT) === S_IFDIR;
      if (isDirectory || found.length === 0) found.push(inode);
      // What is no directory hides everything below it.
      if (!isDirectory) break;
    }
    if (found.length === 0) return undefined;
    const inode = raise(this.fileSystem, found);
    this.#put(name, inode, false);
    return inode;
  }
}

function firstBehind(listing: readonly Entry[], offset: number): number {
  let low = 0;
  let high = listing.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((listing[middle] as Entry).offset <= offset) low = middle + 1;
    else high = middle;
  }
  return low;
}

function make(fileSystem: MemoryFileSystem, init: NewInode): MemoryInode {
  switch (init.mode & S_IFMT) {
    case S_IFDIR:
      return new MemoryDirectory(fileSystem, init, []);
    case S_IFREG:
      return new MemoryFile(fileSystem, init, undefined);
    case S_IFLNK:
      return new MemorySymlink(fileSystem, { ...init, target: init.target ?? "" }, undefined);
    default:
      return new MemoryNode(fileSystem, init, undefined);
  }
}

/** `found` as a file of this file system: a directory of several, or what lies topmost. */
function raise(fileSystem: MemoryFileSystem, found: readonly Inode[]): MemoryInode {
  const lower = found[0] as Inode;
  const { mode, uid, gid, rdev, nlink } = lower.attributes();
  const init = { mode, uid, gid, rdev };
  switch (mode & S_IFMT) {
    case S_IFDIR:
      return new MemoryDirectory(fileSystem, init, found);
    case S_IFLNK:
      return new MemorySymlink(fileSystem, { ...init, target: lower.readlink() }, lower);
    case S_IFREG:
      return nlink > 1
        ? raiseLinked(fileSystem, init, lower, nlink)
        : new MemoryFile(fileSystem, init, lower);
    default:
      return new MemoryNode(fileSystem, init, lower);
  }
}

function raiseLinked(
  fileSystem: MemoryFileSystem,
  init: NewInode,
  lower: Inode,
  nlink: number,
): MemoryInode {
  let file = fileSystem.linked.get(lower);
  if (!file) {
    file = new MemoryFile(fileSystem, init, lower);
    file.nlink = nlink;
    fileSystem.linked.set(lower, file);
  }
  return file;
}
