/**
 * A directory of a memory file system. Entries keep the order of their making and an offset that never
 * changes, so a listing goes on wherever it stopped, whatever happened meanwhile. A name that shows
 * through from below, or that the last commit has, gets its entry when it is first looked up; one that
 * was removed keeps an entry without an inode where it would show through again (a whiteout).
 */
import { Errno, fail } from "../../errno.ts";
import { LINK_MAX } from "../../limits.ts";
import type { EntryCapture, InodeCapture } from "../../state/capture.ts";
import type { Hash } from "../../state/chunk-store.ts";
import { decodeEntry, type EntryRecord, type InodeRecord } from "../../state/records.ts";
import { entriesShape } from "../../state/shapes.ts";
import { find, nextLeaf } from "../../state/sorted-tree.ts";
import { PAGE_SIZE } from "../constants.ts";
import type { Attributes, EmitEntry, Inode, NewInode } from "../file-system.ts";
import { entryCost } from "../quota.ts";
import type { MemoryFileSystem } from "./file-system.ts";
import { MemoryInode } from "./inode.ts";
import { make, raise, restore } from "./make.ts";

interface Entry {
  readonly name: string;
  readonly offset: number;
  /** What lies below has the name too: the entry cost nothing. */
  readonly below: boolean;
  /** The last commit, or one under way, may have the name. */
  stored: boolean;
  /** Undefined: removed. */
  inode: MemoryInode | undefined;
}

const FIRST_OFFSET = 3;

export class MemoryDirectory extends MemoryInode {
  readonly #entries = new Map<string, Entry>();
  /** Directories that show through, the topmost first. */
  readonly #lowers: readonly Inode[];
  /** The entries of the last commit. */
  #root: Hash | undefined;
  /** The last name of #root that has its entry here, with all before it. */
  #read: string | undefined;
  /** All names from below and from the last commit have their entries here. */
  #isWhole: boolean;
  /** Names whose entries the next commit records anew. */
  readonly #changed = new Set<string>();
  /** Entries by offset, with some removed ones among them; made by the first listing. */
  #listing: Entry[] | undefined;
  /** Entries with an inode. */
  #count = 0;
  #nextOffset = FIRST_OFFSET;

  constructor(
    fileSystem: MemoryFileSystem,
    init: NewInode,
    lowers: readonly Inode[],
    stored?: InodeRecord,
    lostLower?: string,
  ) {
    super(fileSystem, init, lowers[0], stored, lostLower);
    this.#lowers = lowers;
    this.#root = stored?.entries;
    this.#isWhole = lowers.length === 0 && this.#root === undefined;
    if (!stored) this.nlink = lowers[0]?.attributes().nlink ?? 2;
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
    return this.#isWhole ? undefined : this.#find(name);
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
    this.note(name);
    if (inode instanceof MemoryDirectory) this.nlink++;
    this.#modified(inode.ctime);
    return inode;
  }

  override createUnnamed(init: NewInode): MemoryInode {
    this.#requireAlive();
    const inode = make(this.fileSystem, init);
    inode.orphaned();
    return inode;
  }

  override link(name: string, inode: Inode): void {
    this.#requireAlive();
    const file = inode as MemoryInode;
    // What never had a name may get its first one; what lost its last is gone.
    if (file.nlink === 0 && file.name !== "") fail(Errno.ENOENT);
    if (file.nlink >= LINK_MAX) fail(Errno.EMLINK);
    this.#pay(name);
    const { kept } = this.fileSystem;
    if (file.nlink === 0) kept?.orphans.delete(file);
    else if (!file.linked) {
      (file.parent as MemoryDirectory | undefined)?.note(file.name);
      file.linked = true;
      kept?.addLinked(file);
      kept?.noteLink(file);
    }
    file.nlink++;
    file.ctime = this.fileSystem.now();
    this.#put(name, file);
    this.note(name);
    file.touch();
    this.#modified(file.ctime);
  }

  override unlink(name: string): void {
    const inode = this.#take(name);
    this.#modified(this.fileSystem.now());
    inode.unlinked(this.ctime);
  }

  override rmdir(name: string): void {
    const directory = this.lookup(name) as MemoryDirectory;
    if (!directory.isEmpty()) fail(Errno.ENOTEMPTY);
    this.#take(name);
    this.nlink--;
    this.#modified(this.fileSystem.now());
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
    target.note(newName);
    moved.ctime = now;
    moved.touch();
    this.#modified(now);
    target.#modified(now);
    if (other && exchange) {
      this.note(name);
      other.ctime = now;
      other.touch();
    } else other?.unlinked(now);
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

  /** The entry of `name`, or what it stands for, is not as the last capture had it. */
  note(name: string): void {
    if (!this.fileSystem.kept) return;
    this.#changed.add(name);
    this.touch();
  }

  override capture(
    lower: string | undefined,
    entries: ReadonlyMap<string, EntryCapture | undefined>,
  ): InodeCapture {
    return {
      ...super.capture(lower, entries),
      entries: { base: this.#root, changes: entries },
      committed: (record) => this.#committed(record, entries),
      failed: () => {
        for (const name of entries.keys()) this.#changed.add(name);
        this.captureFailed();
      },
    };
  }

  /** What changed names stand for; they count as captured then. Undefined: no record is needed. */
  takeChanges(): Map<string, MemoryInode | "gone" | undefined> {
    const changes = new Map<string, MemoryInode | "gone" | undefined>();
    for (const name of this.#changed) {
      const entry = this.#entries.get(name);
      if (entry?.inode) entry.stored = true;
      changes.set(name, entry?.inode ?? (entry?.below ? "gone" : undefined));
    }
    this.#changed.clear();
    return changes;
  }

  #committed({ entries }: InodeRecord, captured: ReadonlyMap<string, unknown>): void {
    this.#root = entries;
    for (const name of captured.keys()) {
      const entry = this.#entries.get(name);
      if (!entry || entry.inode || entry.below || this.#changed.has(name)) continue;
      this.#entries.delete(name);
      this.#compact();
    }
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

  #modified(now: bigint): void {
    this.mtime = now;
    this.ctime = now;
    this.touch();
  }

  #isBelow(name: string): boolean {
    return this.#lowers.some((lower) => lower.lookup(name) !== undefined);
  }

  /** Charges for the entry of `name`, unless it has one. ENOSPC, before anything is changed. */
  #pay(name: string): void {
    const entry = this.#entries.get(name);
    if (entry?.inode || (entry ? entry.below : this.#isBelow(name))) return;
    this.fileSystem.quota.takeEntry(name);
  }

  /** Makes `name` stand for `inode`, whatever it stood for. */
  #put(name: string, inode: MemoryInode, stored = false, below = this.#isBelow(name)): void {
    let entry = this.#entries.get(name);
    if (!entry) {
      entry = { name, offset: this.#nextOffset++, below, stored, inode: undefined };
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
    if (!entry.below) this.fileSystem.quota.giveEntry(name);
    if (entry.below || entry.stored) this.note(name);
    else {
      this.#changed.delete(name);
      this.#entries.delete(name);
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

  /** Gives every name from below and from the last commit its entry. Sleeps, and goes on where it was. */
  #complete(): void {
    if (this.#isWhole) return;
    this.#readAll();
    for (const lower of this.#lowers) {
      const handle = lower.open(0);
      try {
        handle.list(FIRST_OFFSET - 1, (name) => {
          if (!this.#entries.has(name)) this.#fromBelow(name);
          return true;
        });
      } finally {
        handle.close();
      }
    }
    this.#isWhole = true;
    if (this.#lowers.length <= 1) return;
    let directories = 0;
    for (const { inode } of this.#entries.values())
      if (inode instanceof MemoryDirectory) directories++;
    this.nlink = 2 + directories;
  }

  #readAll(): void {
    const { kept } = this.fileSystem;
    while (kept && this.#root !== undefined) {
      const leaf = nextLeaf(kept.chunks, entriesShape, this.#root, this.#read);
      if (!leaf) return;
      for (const [i, name] of leaf.keys.entries()) {
        if (this.#entries.has(name)) continue;
        this.#fromRecord(name, decodeEntry(leaf.values[i] as Uint8Array));
      }
      this.#read = leaf.keys.at(-1);
    }
  }

  /** What `name` stands for in the last commit, or shows below. Sleeps. */
  #find(name: string): MemoryInode | undefined {
    const { kept } = this.fileSystem;
    const value = kept && find(kept.chunks, entriesShape, this.#root, name);
    if (!value) return this.#fromBelow(name);
    return this.#fromRecord(name, decodeEntry(value));
  }

  #fromRecord(name: string, record: EntryRecord): MemoryInode | undefined {
    const below = this.#isBelow(name);
    if (record.kind === "gone") {
      const entry = { name, offset: this.#nextOffset++, below, stored: true, inode: undefined };
      this.#entries.set(name, entry);
      this.#listing?.push(entry);
      return undefined;
    }
    const inode = restore(this.fileSystem, this, name, record);
    if (!below) this.fileSystem.kept?.admit(entryCost(name), 0);
    this.#put(name, inode, true, below);
    return inode;
  }

  /** The file that `name` shows below, from now on in this file system. */
  #fromBelow(name: string): MemoryInode | undefined {
    const inode = raise(this.fileSystem, this.#lowers, name);
    if (inode) this.#put(name, inode, false, true);
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
