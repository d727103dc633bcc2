/**
 * What a file system is to the kernel. Drivers extend Inode; everything above them (path walk,
 * permissions, open files, locks) is common. A driver checks no permission and sees no path: it gets a
 * single name in one of its directories, already known to be well-formed. All methods are synchronous;
 * a driver that must fetch throws sleepFor(promise) before it changes anything, and is called again.
 */
import { Errno, fail } from "../errno.ts";
import type { Clock } from "../host.ts";
import type { Process } from "../process/process.ts";
import type { StatFs } from "../syscalls/types.ts";
import type { Watches } from "./inotify/watches.ts";
import type { InodeLocks } from "./locks/inode-locks.ts";
import type { Location } from "./mount-table.ts";
import type { Quota } from "./quota.ts";

export interface FileSystem {
  /** As /proc/mounts names it: "tmpfs", "proc". */
  readonly type: string;
  readonly root: Inode;
  /** Refuses every change, however it is mounted. */
  readonly readOnly: boolean;
  /** Who watches files of it (inotify); there while there are any. */
  watches?: Watches | undefined;
  /** Called when it is first mounted, before anything else, with what the machine lends. */
  attach?(machine: Machine): void;
  /** Called when the last mount of it is gone. */
  detach?(): void;
  /** `flags` is filled in by the caller. */
  statfs(): StatFs;
  /** Makes everything durable: at once, or when what it returns resolves. */
  sync(): void | Promise<void>;
}

/** What one machine's file systems share. */
export interface Machine {
  readonly clock: Clock;
  /** Bounds the memory of the machine's memory file systems together. */
  readonly quota: Quota;
}

/** stat(2) without what the mount adds. Live for some drivers: read what you need at once. */
export interface Attributes {
  readonly ino: number;
  /** Type and permission bits. */
  readonly mode: number;
  readonly nlink: number;
  readonly uid: number;
  readonly gid: number;
  readonly rdev: number;
  readonly size: number;
  /** In units of 512 bytes. */
  readonly blocks: number;
  readonly atime: bigint;
  readonly mtime: bigint;
  readonly ctime: bigint;
  readonly birthtime: bigint;
}

/** What setAttributes changes; ctime always becomes the current time. */
export interface AttributeChanges {
  /** Permission bits alone. */
  readonly mode?: number;
  readonly uid?: number;
  readonly gid?: number;
  readonly atime?: bigint;
  readonly mtime?: bigint;
}

export interface NewInode {
  /** Type and permission bits, umask already applied. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Device nodes only. */
  readonly rdev?: number;
  /** Symbolic links only. */
  readonly target?: string;
}

/** Receives one directory entry; false stops the listing before the entry counts as read. */
export type EmitEntry = (name: string, ino: number, mode: number, offset: number) => boolean;

/**
 * What an open file description works through, made by Inode.open. A driver without state per
 * opening returns the inode itself.
 */
export interface Handle {
  attributes(): Attributes;
  /** Fills `target` as far as the file reaches; 0 at and behind its end. */
  read(target: Uint8Array, position: number): number;
  /** Writes at `position`, past the end too; fewer bytes than asked only where space ran out. */
  write(source: Uint8Array, position: number): number;
  truncate(length: number): void;
  /** fallocate(2); EOPNOTSUPP for modes that it lacks. */
  allocate(mode: number, offset: number, length: number): void;
  /** Next data or hole at or behind `offset`, which lies inside the file; ENXIO: no more data. */
  seekData(offset: number): number;
  seekHole(offset: number): number;
  /** Makes it durable: at once, or when what it returns resolves. */
  sync(dataOnly: boolean): void | Promise<void>;
  /**
   * Entries behind the one that had `offset` (2: from the start), without "." and "..". Offsets are
   * above 2, grow, and stay valid while the directory changes.
   */
  list(offset: number, emit: EmitEntry): void;
  close(): void;
}

/** A file of any type. The defaults are the answers of a file that lacks the operation. */
export abstract class Inode implements Handle {
  abstract readonly fileSystem: FileSystem;
  /** Where it is, or was last seen: exact for directories, which have one name. Undefined at the root. */
  parent: Inode | undefined;
  name = "";
  /** The pipe behind a FIFO while it is open. */
  fifo: object | undefined;
  /** The socket behind a socket's file while that is open. */
  socket: object | undefined;
  /** Record locks and flocks; present while there are any. */
  locks: InodeLocks | undefined;

  abstract attributes(): Attributes;

  /** Equal strings mean equal content; undefined where that is not known. */
  get digest(): string | undefined {
    return undefined;
  }

  /** Changes whenever the content does. */
  get version(): number {
    return 0;
  }

  setAttributes(_changes: AttributeChanges): void {
    fail(Errno.EPERM);
  }

  /** A read happened: atime. */
  accessed(): void {}

  // Regular files and directories
  /** Opens it; access was already checked, and `flags` are open(2)'s. */
  open(_flags: number): Handle {
    return this;
  }

  read(_target: Uint8Array, _position: number): number {
    return fail(Errno.EINVAL);
  }

  write(_source: Uint8Array, _position: number): number {
    return fail(Errno.EINVAL);
  }

  truncate(_length: number): void {
    fail(Errno.EINVAL);
  }

  allocate(_mode: number, _offset: number, _length: number): void {
    fail(Errno.EOPNOTSUPP);
  }

  seekData(offset: number): number {
    return offset;
  }

  seekHole(_offset: number): number {
    return this.attributes().size;
  }

  sync(_dataOnly: boolean): void | Promise<void> {}

  list(_offset: number, _emit: EmitEntry): void {
    fail(Errno.ENOTDIR);
  }

  close(): void {}

  // Symbolic links. `reader` matters to /proc/self alone
  readlink(_reader?: Process): string {
    return fail(Errno.EINVAL);
  }

  /** Where a link of /proc/PID leads, which is not found by its text; undefined for every other link. */
  magic(_reader?: Process): Location | undefined {
    return undefined;
  }

  // Directories
  lookup(_name: string): Inode | undefined {
    return fail(Errno.ENOTDIR);
  }

  /** Makes a file of any type; the name is free. */
  create(_name: string, _init: NewInode): Inode {
    return fail(Errno.EPERM);
  }

  /** A regular file without a name (O_TMPFILE): its nlink is 0 and its name "" until it is linked. */
  createUnnamed(_init: NewInode): Inode {
    return fail(Errno.EOPNOTSUPP);
  }

  /** Gives `inode`, no directory of the same file system, one more name. */
  link(_name: string, _inode: Inode): void {
    fail(Errno.EPERM);
  }

  /** Removes a name that is no directory. */
  unlink(_name: string): void {
    fail(Errno.EPERM);
  }

  /** Removes a directory; ENOTEMPTY. */
  rmdir(_name: string): void {
    fail(Errno.EPERM);
  }

  /**
   * Moves `name` to `newName` in `directory` of the same file system, over what is there: of the same
   * type, and empty (ENOTEMPTY) where a directory; `exchange` swaps the two. That nothing moves into
   * itself was checked.
   */
  rename(_name: string, _directory: Inode, _newName: string, _exchange: boolean): void {
    fail(Errno.EPERM);
  }

  // Extended attributes
  getXattr(_name: string): Uint8Array | undefined {
    return fail(Errno.EOPNOTSUPP);
  }

  setXattr(_name: string, _value: Uint8Array): void {
    fail(Errno.EOPNOTSUPP);
  }

  removeXattr(_name: string): void {
    fail(Errno.EOPNOTSUPP);
  }

  listXattr(): readonly string[] {
    return [];
  }
}
