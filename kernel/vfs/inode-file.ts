/** An open regular file or directory: an offset over a driver's handle, and the rules common to all. */
import { utf8Length } from "../bytes.ts";
import { Errno, fail } from "../errno.ts";
import {
  isReadable,
  isWritable,
  O_APPEND,
  O_DSYNC,
  O_NOATIME,
  POLLIN,
  POLLOUT,
  POLLRDNORM,
  POLLWRNORM,
  SEEK_CUR,
  SEEK_DATA,
  SEEK_END,
  SEEK_HOLE,
  SEEK_SET,
} from "../fd/flags.ts";
import { OpenFile, type Unread } from "../fd/open-file.ts";
import { OFFSET_MAX } from "../limits.ts";
import type { Process } from "../process/process.ts";
import { limitOf, Resource } from "../process/resource-limits.ts";
import { sendSignal } from "../signals/deliver.ts";
import { Signal } from "../signals/numbers.ts";
import type { Call } from "../syscalls/call.ts";
import type { DirectoryEntry, Stat, StatFs } from "../syscalls/types.ts";
import { sleepFor } from "../wait/sleep.ts";
import {
  FALLOC_FL_KEEP_SIZE,
  MS_NOATIME,
  PAGE_SIZE,
  S_IFDIR,
  S_IFMT,
  S_ISGID,
  S_ISUID,
  S_IXGRP,
} from "./constants.ts";
import type { Attributes, Handle } from "./file-system.ts";
import { IN_ACCESS, IN_CLOSE_NOWRITE, IN_CLOSE_WRITE, IN_MODIFY } from "./inotify/constants.ts";
import { notify } from "./inotify/watches.ts";
import { releaseDescription, releaseProcess } from "./locks/inode-locks.ts";
import type { Location, Mount } from "./mount-table.ts";
import { parentOf } from "./path-of.ts";

const ALWAYS = { events: POLLIN | POLLOUT | POLLRDNORM | POLLWRNORM, queue: undefined };

export class InodeFile extends OpenFile {
  declare readonly location: Location;
  readonly #handle: Handle;
  readonly #isDirectory: boolean;
  #offset = 0;

  constructor(location: Location, flags: number, handle: Handle) {
    super(flags);
    this.location = location;
    this.#handle = handle;
    this.#isDirectory = (handle.attributes().mode & S_IFMT) === S_IFDIR;
    location.mount.opened();
  }

  /** For /proc/PID/fdinfo. */
  get offset(): number {
    return this.#offset;
  }

  /** A generated file has no bytes that stay where they are. */
  override get unread(): Unread | undefined {
    const { mount, inode } = this.location;
    if (!this.isUnshared || this.#isDirectory || mount.fileSystem.type === "proc") return undefined;
    return {
      putBack: (bytes) => {
        this.#offset -= bytes.length;
      },
      changeable: inode,
    };
  }

  override stat(): Stat {
    return statOf(this.#handle.attributes(), this.location.mount);
  }

  override statfs(): StatFs {
    return this.location.mount.statfs();
  }

  override poll(): typeof ALWAYS {
    return ALWAYS;
  }

  override read(_call: Call, target: Uint8Array, position: number | undefined): number {
    if (!isReadable(this.flags)) fail(Errno.EBADF);
    if (this.#isDirectory) fail(Errno.EISDIR);
    const count = this.#handle.read(target, position ?? this.#offset);
    if (position === undefined) this.#offset += count;
    if (target.length > 0) this.#accessed();
    if (count > 0) notify(this.location.inode, IN_ACCESS);
    return count;
  }

  override write(call: Call, source: Uint8Array, position: number | undefined): number {
    if (!isWritable(this.flags)) fail(Errno.EBADF);
    if (source.length === 0) return 0;
    if (call.state instanceof Written) return call.state.count;
    const handle = this.#handle;
    const appends = (this.flags & O_APPEND) !== 0;
    const at = appends ? handle.attributes().size : (position ?? this.#offset);
    const room = roomBehind(call, at);
    const count = handle.write(source.length <= room ? source : source.subarray(0, room), at);
    if (position === undefined) this.#offset = at + count;
    this.#dropSetId(call);
    notify(this.location.inode, IN_MODIFY);
    if ((this.flags & O_DSYNC) === 0) return count;
    const wait = handle.sync(true);
    if (!wait) return count;
    call.state = new Written(count);
    return sleepFor(wait);
  }

  override seek(offset: number, whence: number): number {
    const target = this.#isDirectory
      ? this.#seekDirectory(offset, whence)
      : this.#target(offset, whence);
    if (target < 0 || target > OFFSET_MAX) fail(Errno.EINVAL);
    this.#offset = target;
    return target;
  }

  override readDirectory(size: number, shows?: (name: string) => boolean): DirectoryEntry[] {
    if (!this.#isDirectory) fail(Errno.ENOTDIR);
    const attributes = this.#handle.attributes();
    if (attributes.nlink === 0) fail(Errno.ENOENT);
    const entries: DirectoryEntry[] = [];
    let room = size;
    const emit = (name: string, ino: number, mode: number, offset: number): boolean => {
      if (shows && offset > 2 && !shows(name)) return true;
      room -= recordLength(name);
      if (room < 0) return false;
      entries.push({ ino, offset, type: (mode & S_IFMT) >> 12, name });
      return true;
    };
    if (this.#emitDots(attributes, emit)) {
      const last = entries.at(-1)?.offset ?? this.#offset;
      this.#handle.list(Math.max(last, 2), emit);
    }
    if (room < 0 && entries.length === 0) fail(Errno.EINVAL);
    this.#offset = entries.at(-1)?.offset ?? this.#offset;
    this.#accessed();
    return entries;
  }

  override truncate(call: Call, length: number): void {
    if (this.#isDirectory || !isWritable(this.flags)) fail(Errno.EINVAL);
    checkLength(call, length, this.#handle.attributes().size);
    this.#handle.truncate(length);
    this.#dropSetId(call);
    notify(this.location.inode, IN_MODIFY);
  }

  override allocate(call: Call, mode: number, offset: number, length: number): void {
    if (!isWritable(this.flags)) fail(Errno.EBADF);
    if (offset < 0 || length <= 0) fail(Errno.EINVAL);
    if (offset + length > OFFSET_MAX) fail(Errno.EFBIG);
    if ((mode & FALLOC_FL_KEEP_SIZE) === 0) checkLength(call, offset + length, 0);
    this.#handle.allocate(mode, offset, length);
    this.#dropSetId(call);
    notify(this.location.inode, IN_MODIFY);
  }

  override sync(dataOnly: boolean): void | Promise<void> {
    return this.#handle.sync(dataOnly);
  }

  override readable(): number {
    if (this.#isDirectory) fail(Errno.ENOTTY);
    return Math.max(this.#handle.attributes().size - this.#offset, 0);
  }

  override descriptorClosed(owner: Process): void {
    releaseProcess(this.location.inode, owner);
  }

  protected override closed(): void {
    notify(this.location.inode, isWritable(this.flags) ? IN_CLOSE_WRITE : IN_CLOSE_NOWRITE);
    releaseDescription(this.location.inode, this);
    this.#handle.close();
    this.location.mount.closed();
  }

  #accessed(): void {
    const { mount, inode } = this.location;
    if ((this.flags & O_NOATIME) !== 0 || (mount.flags & MS_NOATIME) !== 0 || mount.readOnly)
      return;
    inode.accessed();
  }

  /** A write by anyone unprivileged takes set-user-id and an effective set-group-id away. */
  #dropSetId(call: Call): void {
    const { mode } = this.#handle.attributes();
    if ((mode & (S_ISUID | S_ISGID)) === 0 || call.process.credentials.privileged) return;
    const gone = S_ISUID | ((mode & S_IXGRP) !== 0 ? S_ISGID : 0);
    if ((mode & gone) !== 0) this.location.inode.setAttributes({ mode: mode & ~gone & 0o7777 });
  }

  #seekDirectory(offset: number, whence: number): number {
    if (whence === SEEK_SET) return offset;
    return whence === SEEK_CUR ? this.#offset + offset : fail(Errno.EINVAL);
  }

  #target(offset: number, whence: number): number {
    if (whence === SEEK_SET) return offset;
    if (whence === SEEK_CUR) return this.#offset + offset;
    const { size } = this.#handle.attributes();
    if (whence === SEEK_END) return size + offset;
    if (offset < 0 || offset >= size) fail(Errno.ENXIO);
    if (whence === SEEK_DATA) return this.#handle.seekData(offset);
    return whence === SEEK_HOLE ? this.#handle.seekHole(offset) : fail(Errno.EINVAL);
  }

  /** The entries "." and "..", which drivers leave to us. */
  #emitDots(
    attributes: Attributes,
    emit: (name: string, ino: number, mode: number, offset: number) => boolean,
  ): boolean {
    if (this.#offset < 1 && !emit(".", attributes.ino, S_IFDIR, 1)) return false;
    if (this.#offset >= 2) return true;
    return emit("..", parentOf(this.location).inode.attributes().ino, S_IFDIR, 2);
  }
}

/** What a write that must be durable has written, while it waits for that. */
class Written {
  readonly count: number;

  constructor(count: number) {
    this.count = count;
  }
}

export function statOf(file: Attributes, mount: Mount): Stat {
  return {
    dev: mount.dev,
    ino: file.ino,
    mode: file.mode,
    nlink: file.nlink,
    uid: file.uid,
    gid: file.gid,
    rdev: file.rdev,
    size: file.size,
    blksize: PAGE_SIZE,
    blocks: file.blocks,
    atime: file.atime,
    mtime: file.mtime,
    ctime: file.ctime,
    birthtime: file.birthtime,
  };
}

/** Fails where a file may not become `length` long, as by RLIMIT_FSIZE; shrinking is always allowed. */
export function checkLength(call: Call, length: number, size: number): void {
  if (length < 0) fail(Errno.EINVAL);
  if (length > OFFSET_MAX) fail(Errno.EFBIG);
  const { soft } = limitOf(call.process.limits, Resource.RLIMIT_FSIZE);
  if (length > soft && length > size) tooLarge(call);
}

/** Bytes that may be written at `position`; EFBIG, and SIGXFSZ at the process's own limit, for none. */
function roomBehind(call: Call, position: number): number {
  const { soft } = limitOf(call.process.limits, Resource.RLIMIT_FSIZE);
  if (position >= soft) tooLarge(call);
  const room = Math.min(soft, OFFSET_MAX) - position;
  return room > 0 ? room : fail(Errno.EFBIG);
}

function tooLarge(call: Call): never {
  sendSignal(call.kernel, call.process, Signal.SIGXFSZ);
  return fail(Errno.EFBIG);
}

/** Bytes of an entry as getdents64 lays it out on Linux, by which callers size their buffer. */
function recordLength(name: string): number {
  return (20 + utf8Length(name) + 7) & ~7;
}
