/**
 * What a memory file system knows of the commits that keep it: what changed since the last one, files with
 * several names, and what of the last commit has not been read yet. Without one a file system is as
 * durable as its machine, and keeps no account of changes.
 */
import type { Capture, EntryCapture, InodeCapture } from "../../state/capture.ts";
import type { ChunkReader } from "../../state/chunk-reader.ts";
import type { Hash } from "../../state/chunk-store.ts";
import { decodeEntry, type InodeRecord } from "../../state/records.ts";
import { linksShape } from "../../state/shapes.ts";
import type { TreeRecord, Usage } from "../../state/snapshot-record.ts";
import { find } from "../../state/sorted-tree.ts";
import { corrupt } from "../../state/wire.ts";
import { S_IFDIR, S_IFMT } from "../constants.ts";
import type { Inode } from "../file-system.ts";
import type { MemoryDirectory } from "./directory.ts";
import type { MemoryInode } from "./inode.ts";

/** A state to begin with, its tree's record already read. */
export interface KeptState {
  readonly tree: TreeRecord;
  readonly lastIno: number;
  readonly usage: Usage;
}

export class Kept {
  readonly chunks: ChunkReader;
  readonly state: KeptState | undefined;
  /** The root of the image below, if there is one. */
  readonly below: Inode | undefined;
  /** Counts changes, for those who wait until there are none for a while. */
  changes = 0;
  /** Called at the first change after a capture. */
  onChange: (() => void) | undefined;
  /** Makes a commit that holds everything so far, and resolves when it has survived; undefined: it has. */
  makeDurable: (() => Promise<void> | undefined) | undefined;
  /** Open, but without a name: no commit has them. */
  readonly orphans = new Set<MemoryInode>();
  /** Files with several names, by their number; those that were met. */
  readonly #linked = new Map<number, MemoryInode>();
  readonly #linkChanges = new Map<number, MemoryInode>();
  #linkRoot: Hash | undefined;
  /** What the last commit is charged with and nobody has read yet. */
  readonly #unread: { memory: number; inodes: number };
  #isChanged = false;

  constructor(chunks: ChunkReader, below: Inode | undefined, state?: KeptState) {
    this.chunks = chunks;
    this.below = below;
    this.state = state;
    this.#linkRoot = state?.tree.links;
    this.#unread = { ...(state?.usage ?? { memory: 0, inodes: 0 }) };
  }

  /** True where a commit would hold something new. */
  get isChanged(): boolean {
    return this.#isChanged;
  }

  /** What is left of the last commit's charge; all zero once everything was read. */
  get unread(): Usage {
    return this.#unread;
  }

  /** Takes what was read off what was charged at the start; EIO for more than that. */
  admit(memory: number, inodes: number): void {
    this.#unread.memory -= memory;
    this.#unread.inodes -= inodes;
    if (this.#unread.memory < 0 || this.#unread.inodes < 0) corrupt();
  }

  noteRoot(): void {
    if (this.#isChanged) return;
    this.#isChanged = true;
    this.onChange?.();
  }

  /** The linked `inode` changed, or lost its last name. */
  noteLink(inode: MemoryInode): void {
    this.#linkChanges.set(inode.ino, inode);
    if (inode.nlink === 0) {
      this.#linked.delete(inode.ino);
      if (!inode.linkStored) this.#linkChanges.delete(inode.ino);
    }
    this.noteRoot();
  }

  addLinked(inode: MemoryInode): void {
    this.#linked.set(inode.ino, inode);
  }

  /** The file that several names stand for: as it is here, or as the last commit records it. */
  linked(ino: number, type: number): MemoryInode | InodeRecord {
    const known = this.#linked.get(ino);
    if (known) return known;
    const value = find(this.chunks, linksShape, this.#linkRoot, ino) ?? corrupt();
    const record = decodeEntry(value);
    if (record.kind !== "inode" || record.ino !== ino || (record.mode & S_IFMT) !== type) corrupt();
    return record;
  }

  /** The path of `inode` in the image. */
  pathBelow(inode: Inode): string {
    let path = "";
    for (let at = inode; at !== this.below && at.parent; at = at.parent)
      path = `/${at.name}${path}`;
    return path === "" ? "/" : path;
  }

  /** What the image has at `path`, as pathBelow gives it. */
  findBelow(path: string): Inode | undefined {
    let at = this.below;
    for (const name of path.split("/"))
      if (name !== "") at = at && isDirectory(at) ? at.lookup(name) : undefined;
    return at;
  }

  /** Everything that changed, as it is at this instant. */
  capture(root: MemoryDirectory, lastIno: number, usage: Usage): Capture {
    const inodes: InodeCapture[] = [];
    const directories: [MemoryDirectory, Map<string, EntryCapture | undefined>][] = [];
    const add = (inode: MemoryInode, lower: string | undefined): InodeCapture => {
      const entries = new Map<string, EntryCapture | undefined>();
      const capture = inode.capture(lower, entries);
      inodes.push(capture);
      if (isDirectory(inode)) directories.push([inode as MemoryDirectory, entries]);
      return capture;
    };
    const captured = add(root, root.lower && "");
    for (const [directory, entries] of directories) {
      for (const [name, child] of directory.takeChanges())
        entries.set(name, this.#entry(child, directory, name, add));
    }
    const changes = new Map<number, InodeCapture | undefined>();
    const links = new Map(this.#linkChanges);
    for (const [ino, inode] of links) {
      inode.linkStored = true;
      changes.set(ino, inode.nlink > 0 ? add(inode, this.lowerName(inode)) : undefined);
    }
    this.#linkChanges.clear();
    this.#isChanged = false;
    let charge = 0;
    for (const orphan of this.orphans) charge += orphan.charge;
    return {
      root: captured,
      inodes,
      links: { base: this.#linkRoot, changes },
      lastIno,
      usage: { memory: usage.memory - charge, inodes: usage.inodes - this.orphans.size },
      committed: (linkRoot) => {
        this.#linkRoot = linkRoot;
      },
      failed: () => {
        for (const [ino, inode] of links) this.#linkChanges.set(ino, inode);
        for (const { failed } of inodes) failed();
        this.noteRoot();
      },
    };
  }

  /** How a record names what shows through `inode`, whose entry in `directory` is `name`. */
  lowerName(inode: MemoryInode, directory?: MemoryDirectory, name = ""): string | undefined {
    const { lower, lostLower } = inode;
    if (!lower) return lostLower;
    if (directory?.lower && isDirectory(directory.lower) && directory.lower.lookup(name) === lower)
      return "";
    return this.pathBelow(lower);
  }

  #entry(
    child: MemoryInode | "gone" | undefined,
    directory: MemoryDirectory,
    name: string,
    add: (inode: MemoryInode, lower: string | undefined) => InodeCapture,
  ): EntryCapture | undefined {
    if (child === undefined) return undefined;
    if (child === "gone") return { kind: "gone" };
    if (child.linked) return { kind: "link", ino: child.ino, type: child.mode & S_IFMT };
    return add(child, this.lowerName(child, directory, name));
  }
}

function isDirectory(inode: Inode): boolean {
  return (inode.attributes().mode & S_IFMT) === S_IFDIR;
}
