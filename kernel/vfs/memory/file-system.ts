/**
 * The memory file system: tmpfs, and with file systems below it an overlay. What lies below shows through
 * until it is changed: names as they are looked up, attributes with the name, content chunk by chunk. So
 * a machine on a shared image costs nothing until it touches a file, and since everything it touches has
 * one inode here, it keeps its number, its links and its locks through every change.
 */

import type { Capture } from "../../state/capture.ts";
import type { ChunkReader } from "../../state/chunk-reader.ts";
import type { StatFs } from "../../syscalls/types.ts";
import { PAGE_SIZE, S_IALLUGO, S_IFDIR } from "../constants.ts";
import type { FileSystem, Inode, Machine } from "../file-system.ts";
import { Quota } from "../quota.ts";
import { MemoryDirectory } from "./directory.ts";
import type { MemoryInode } from "./inode.ts";
import { Kept, type KeptState } from "./kept.ts";

const TMPFS_MAGIC = 0x0102_1994;
const OVERLAYFS_MAGIC = 0x794c_7630;
const NAME_BYTES = 255;

export interface MemoryOptions {
  /** As /proc/mounts names it; by default tmpfs, or overlay where something lies below. */
  readonly type?: string;
  /** Directories that show through, the topmost first. They must not change meanwhile. */
  readonly lower?: readonly Inode[];
  /** Of the root; by default what the topmost lower root has, or 0755 of root. */
  readonly mode?: number;
  readonly uid?: number;
  readonly gid?: number;
  /** Bytes and files that this file system alone may hold, within the machine's limits. */
  readonly memory?: number;
  readonly inodes?: number;
  /** Where commits of it go, and the one that it begins with; then one directory may lie below. */
  readonly kept?: { readonly chunks: ChunkReader; readonly state?: KeptState | undefined };
}

/** Inode numbers below this one are the image's own, so that they are the same in every machine. */
const OWN_INODES = 1 << 20;

export class MemoryFileSystem implements FileSystem {
  readonly type: string;
  readonly readOnly = false;
  readonly root: MemoryDirectory;
  readonly quota: Quota;
  /** Files below that have several names, so that they are one file here too. */
  readonly linked = new Map<Inode, MemoryInode>();
  readonly kept: Kept | undefined;
  #machine: Machine | undefined;
  #lastIno = 0;

  constructor(options: MemoryOptions = {}) {
    const { lower = [], memory = Infinity, inodes = Infinity } = options;
    this.type = options.type ?? (lower.length > 0 ? "overlay" : "tmpfs");
    this.quota = Quota.of(memory, inodes);
    const state = options.kept?.state;
    this.kept = options.kept && new Kept(options.kept.chunks, lower[0], state);
    if (this.kept && lower.length > 0) this.#lastIno = OWN_INODES;
    if (state) this.#lastIno = state.lastIno;
    const below = lower[0]?.attributes();
    const mode = options.mode ?? (below ? below.mode & S_IALLUGO : 0o755);
    const uid = options.uid ?? below?.uid ?? 0;
    const gid = options.gid ?? below?.gid ?? 0;
    const init = state?.tree.root ?? { mode: S_IFDIR | mode, uid, gid };
    this.root = new MemoryDirectory(this, init, lower, state?.tree.root);
  }

  attach(machine: Machine): void {
    this.#machine = machine;
    const { state } = this.kept ?? {};
    if (state) this.quota.hold(state.usage.memory, state.usage.inodes);
    this.quota.join(machine.quota);
    if (this.root.lower === undefined && !state) this.root.born(machine.clock.realtime());
  }

  detach(): void {
    this.quota.leave();
  }

  statfs(): StatFs {
    const { quota } = this;
    const free = Math.floor(quota.freeMemory / PAGE_SIZE);
    const ffree = quota.freeInodes;
    return {
      type: this.type === "overlay" ? OVERLAYFS_MAGIC : TMPFS_MAGIC,
      bsize: PAGE_SIZE,
      blocks: free + Math.ceil(quota.memory / PAGE_SIZE),
      bfree: free,
      bavail: free,
      files: ffree + quota.inodes,
      ffree,
      namelen: NAME_BYTES,
      flags: 0,
    };
  }

  /** Without commits, memory is as durable as the machine. */
  sync(): Promise<void> | undefined {
    return this.kept?.makeDurable?.();
  }

  /** All that changed since the last capture, as it is now. */
  capture(): Capture {
    if (!this.kept) throw new Error("this file system is not kept");
    return this.kept.capture(this.root, this.#lastIno, this.quota);
  }

  now(): bigint {
    return this.#machine?.clock.realtime() ?? 0n;
  }

  /** The number of a new inode, or of one that shows `lower`. */
  inoFor(lower: Inode | undefined): number {
    return lower && this.kept ? lower.attributes().ino : ++this.#lastIno;
  }
}
