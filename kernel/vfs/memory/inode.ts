/** What all files of a memory file system have: attributes, links, extended attributes. */
import { utf8Length } from "../../bytes.ts";
import { Errno, fail } from "../../errno.ts";
import { XATTR_LIST_MAX } from "../../limits.ts";
import type { EntryCapture, InodeCapture } from "../../state/capture.ts";
import { type AttributesRecord, attributesCharge, type InodeRecord } from "../../state/records.ts";
import { S_IALLUGO, S_IFMT } from "../constants.ts";
import {
  type AttributeChanges,
  type Attributes,
  type Handle,
  Inode,
  type NewInode,
} from "../file-system.ts";
import { INODE_COST } from "../quota.ts";
import type { MemoryDirectory } from "./directory.ts";
import type { MemoryFileSystem } from "./file-system.ts";
import { loadXattrs } from "./xattrs.ts";

export abstract class MemoryInode extends Inode implements Attributes {
  readonly fileSystem: MemoryFileSystem;
  readonly ino: number;
  mode: number;
  nlink = 1;
  uid: number;
  gid: number;
  readonly rdev: number;
  atime: bigint;
  mtime: bigint;
  ctime: bigint;
  readonly birthtime: bigint;
  /** The file below, whose content shows through where it was not changed. */
  lower: Inode | undefined;
  /** Its path, where the last commit names one that is not there. */
  readonly lostLower: string | undefined;
  /** It has, or once had, several names: the last commit may know it by its number alone. */
  linked = false;
  /** The last commit, or one under way, may have it under its number. */
  linkStored = false;
  /** Handles that keep it alive when its last name is gone. */
  #opens = 0;
  /** False for what shows through from below: it cost the machine nothing. */
  readonly #counted: boolean;
  /** Changed since it was last captured. */
  #changed = false;
  #xattrs: Map<string, Uint8Array> | undefined;
  /** Where the last commit has them, until they are needed. */
  #storedXattrs: AttributesRecord | undefined;

  /** New, or `lower` as it shows through, or as `stored` in the last commit. */
  constructor(
    fileSystem: MemoryFileSystem,
    init: NewInode,
    lower: Inode | undefined,
    stored?: InodeRecord,
    lostLower?: string,
  ) {
    super();
    this.fileSystem = fileSystem;
    this.ino = stored?.ino ?? fileSystem.inoFor(lower);
    this.mode = init.mode;
    this.uid = init.uid;
    this.gid = init.gid;
    this.rdev = init.rdev ?? 0;
    this.lower = lower;
    this.lostLower = lostLower;
    this.#counted = stored ? stored.lower === undefined : lower === undefined;
    if (stored) {
      const { nlink, xattrs } = stored;
      if (this.#counted) fileSystem.kept?.admit(INODE_COST, 1);
      fileSystem.kept?.admit(xattrs?.charge ?? 0, 0);
      this.nlink = nlink;
      if (xattrs?.inline) this.#xattrs = new Map(xattrs.inline);
      else this.#storedXattrs = xattrs;
    } else if (!lower) fileSystem.quota.takeInode();
    const times = stored ?? lower?.attributes() ?? newborn(fileSystem.now());
    this.atime = times.atime;
    this.mtime = times.mtime;
    this.ctime = times.ctime;
    this.birthtime = times.birthtime;
  }

  get size(): number {
    return 0;
  }

  get blocks(): number {
    return 0;
  }

  override attributes(): Attributes {
    return this;
  }

  override setAttributes(changes: AttributeChanges): void {
    if (changes.mode !== undefined) this.mode = (this.mode & S_IFMT) | (changes.mode & S_IALLUGO);
    if (changes.uid !== undefined) this.uid = changes.uid;
    if (changes.gid !== undefined) this.gid = changes.gid;
    if (changes.atime !== undefined) this.atime = changes.atime;
    if (changes.mtime !== undefined) this.mtime = changes.mtime;
    this.ctime = this.fileSystem.now();
    this.touch();
  }

  /** Not worth a commit: it is recorded when something else is. */
  override accessed(): void {
    this.atime = this.fileSystem.now();
  }

  override open(_flags: number): Handle {
    this.#opens++;
    return this;
  }

  override close(): void {
    if (--this.#opens === 0 && this.nlink === 0) this.#free();
  }

  override sync(): Promise<void> | undefined {
    return this.fileSystem.sync();
  }

  /** One name less; the last one frees it once nobody has it open. */
  unlinked(now: bigint): void {
    this.nlink--;
    this.ctime = now;
    const { kept } = this.fileSystem;
    if (this.linked) kept?.noteLink(this);
    if (this.nlink > 0) this.touch();
    else if (this.#opens === 0) this.#free();
    else kept?.orphans.add(this);
  }

  /** It has no name yet, or none any more, and lives as long as it is open. */
  orphaned(): void {
    this.nlink = 0;
    this.fileSystem.kept?.orphans.add(this);
  }

  override getXattr(name: string): Uint8Array | undefined {
    return this.#ownXattrs()?.get(name);
  }

  override setXattr(name: string, value: Uint8Array): void {
    const { quota } = this.fileSystem;
    const all = this.#ownXattrs() ?? new Map<string, Uint8Array>();
    const old = all.get(name);
    if (!old && listLength(all) + utf8Length(name) + 1 > XATTR_LIST_MAX) fail(Errno.ENOSPC);
    quota.takeMemory(value.length + name.length);
    if (old) quota.giveMemory(old.length + name.length);
    all.set(name, value.slice());
    this.#xattrsChanged(all);
  }

  override removeXattr(name: string): void {
    const all = this.#ownXattrs();
    const old = all?.get(name);
    if (!all || !old) fail(Errno.ENODATA);
    this.fileSystem.quota.giveMemory(old.length + name.length);
    all.delete(name);
    this.#xattrsChanged(all);
  }

  override listXattr(): readonly string[] {
    return [...(this.#ownXattrs()?.keys() ?? [])];
  }

  /** To be called at each change of what a commit records of it. */
  touch(): void {
    const { kept } = this.fileSystem;
    if (!kept) return;
    kept.changes++;
    if (this.#changed) return;
    this.#changed = true;
    if (this.nlink > 0) this.noteAbove();
  }

  /** Says to whoever records it that there is something to record. */
  noteAbove(): void {
    const { kept } = this.fileSystem;
    if (this.linked) kept?.noteLink(this);
    else if (this.parent) (this.parent as MemoryDirectory).note(this.name);
    else kept?.noteRoot();
  }

  /** As it is at this instant; `lower` as records name it, `_entries` to be filled for a directory. */
  capture(
    lower: string | undefined,
    _entries: ReadonlyMap<string, EntryCapture | undefined>,
  ): InodeCapture {
    this.#changed = false;
    const { mode, ino, nlink, uid, gid, rdev, atime, mtime, ctime, birthtime } = this;
    const times = { atime, mtime, ctime, birthtime };
    return {
      kind: "captured",
      attributes: { kind: "inode", mode, ino, nlink, uid, gid, rdev, ...times, lower },
      xattrs: this.#xattrs ? new Map(this.#xattrs) : this.#storedXattrs,
      committed: () => {},
      failed: () => this.captureFailed(),
    };
  }

  /** What it is charged with, its names apart. */
  get charge(): number {
    return (this.#counted ? INODE_COST : 0) + this.#xattrsCharge;
  }

  protected captureFailed(): void {
    this.#changed = true;
    if (this.nlink > 0) this.noteAbove();
  }

  /** Gives back what it holds, when neither a name nor an opening is left. */
  protected freed(): void {}

  #free(): void {
    this.freed();
    const { quota, kept } = this.fileSystem;
    kept?.orphans.delete(this);
    quota.giveMemory(this.#xattrsCharge);
    this.#xattrs = undefined;
    this.#storedXattrs = undefined;
    if (this.#counted) quota.giveInode();
  }

  get #xattrsCharge(): number {
    return this.#xattrs ? attributesCharge(this.#xattrs) : (this.#storedXattrs?.charge ?? 0);
  }

  #xattrsChanged(all: Map<string, Uint8Array>): void {
    this.#xattrs = all;
    this.#storedXattrs = undefined;
    this.ctime = this.fileSystem.now();
    this.touch();
  }

  /** Those of the last commit are read, and those of the file below copied, at the first use. */
  #ownXattrs(): Map<string, Uint8Array> | undefined {
    if (this.#xattrs) return this.#xattrs;
    if (this.#storedXattrs) {
      this.#xattrs = loadXattrs(this.fileSystem, this.#storedXattrs);
      return this.#xattrs;
    }
    if (!this.lower) return undefined;
    const names = this.lower.listXattr();
    if (names.length === 0) return undefined;
    const copy = new Map<string, Uint8Array>();
    for (const name of names) {
      const value = this.lower.getXattr(name) as Uint8Array;
      this.fileSystem.quota.takeMemory(value.length + name.length);
      copy.set(name, value.slice());
    }
    this.#xattrs = copy;
    return copy;
  }
}

function listLength(all: Map<string, Uint8Array>): number {
  let length = 0;
  for (const name of all.keys()) length += utf8Length(name) + 1;
  return length;
}

function newborn(now: bigint) {
  return { atime: now, mtime: now, ctime: now, birthtime: now };
}
