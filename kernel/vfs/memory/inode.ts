/** What all files of a memory file system have: attributes, links, extended attributes. */
import { utf8Length } from "../../bytes.ts";
import { Errno, fail } from "../../errno.ts";
import { XATTR_LIST_MAX } from "../../limits.ts";
import { S_IALLUGO, S_IFMT } from "../constants.ts";
import {
  type AttributeChanges,
  type Attributes,
  type Handle,
  Inode,
  type NewInode,
} from "../file-system.ts";
import type { MemoryFileSystem } from "./file-system.ts";

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
  /** Handles that keep it alive when its last name is gone. */
  #opens = 0;
  /** False for what shows through from below: it cost the machine nothing. */
  readonly #counted: boolean;
  #xattrs: Map<string, Uint8Array> | undefined;

  constructor(fileSystem: MemoryFileSystem, init: NewInode, lower: Inode | undefined) {
    super();
    this.fileSystem = fileSystem;
    this.ino = fileSystem.nextIno();
    this.mode = init.mode;
    this.uid = init.uid;
    this.gid = init.gid;
    this.rdev = init.rdev ?? 0;
    this.lower = lower;
    this.#counted = lower === undefined;
    if (lower) {
      const below = lower.attributes();
      this.atime = below.atime;
      this.mtime = below.mtime;
      this.ctime = below.ctime;
      this.birthtime = below.birthtime;
    } else {
      fileSystem.quota.takeInode();
      const now = fileSystem.now();
      this.atime = now;
      this.mtime = now;
      this.ctime = now;
      this.birthtime = now;
    }
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
  }

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

  /** One name less; the last one frees it once nobody has it open. */
  unlinked(now: bigint): void {
    this.nlink--;
    this.ctime = now;
    if (this.nlink === 0 && this.#opens === 0) this.#free();
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
    this.#xattrs = all;
    this.ctime = this.fileSystem.now();
  }

  override removeXattr(name: string): void {
    const old = this.#ownXattrs()?.get(name) ?? fail(Errno.ENODATA);
    this.fileSystem.quota.giveMemory(old.length + name.length);
    this.#xattrs?.delete(name);
    this.ctime = this.fileSystem.now();
  }

  override listXattr(): readonly string[] {
    return [...(this.#ownXattrs()?.keys() ?? [])];
  }

  /** Gives back what it holds, when neither a name nor an opening is left. */
  protected freed(): void {}

  #free(): void {
    this.freed();
    for (const [name, value] of this.#xattrs ?? [])
      this.fileSystem.quota.giveMemory(value.length + name.length);
    this.#xattrs = undefined;
    if (this.#counted) this.fileSystem.quota.giveInode();
  }

  /** Those of the file below are copied at the first use. */
  #ownXattrs(): Map<string, Uint8Array> | undefined {
    if (this.#xattrs || !this.lower) return this.#xattrs;
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
