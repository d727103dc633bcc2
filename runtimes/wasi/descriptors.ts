/**
 * What is known of a program's descriptors on its own side: their file type, flags and WASI rights. libc
 * asks for them before every read and write. The type of a number changes only by the program's own
 * calls, which tell `forget`; flags belong to the open file and are asked for again when any may have
 * changed.
 */
import { wasi } from "@bjorn3/browser_wasi_shim";
import {
  F_GETFL,
  isReadable,
  isWritable,
  KernelError,
  makedev,
  O_APPEND,
  O_DSYNC,
  O_NONBLOCK,
  O_SYNC,
  S_IFCHR,
  S_IFIFO,
  S_IFMT,
} from "../../kernel/abi.ts";
import { fileType } from "./filestat.ts";
import type { GuestKernel } from "./guest-kernel.ts";
import { WasiFailure } from "./imports.ts";

export interface Rights {
  readonly base: bigint;
  readonly inheriting: bigint;
}

/** /dev/null. */
const NULL_DEVICE = makedev(1, 3);

export const ALL_RIGHTS = (1n << 30n) - 1n;
const READ = right(wasi.RIGHTS_FD_READ);
const WRITE = right(wasi.RIGHTS_FD_WRITE);
const READ_ONLY = READ | right(wasi.RIGHTS_FD_READDIR);
const WRITE_ONLY =
  WRITE |
  right(wasi.RIGHTS_FD_DATASYNC) |
  right(wasi.RIGHTS_FD_ALLOCATE) |
  right(wasi.RIGHTS_FD_FILESTAT_SET_SIZE);
const SEEKING = right(wasi.RIGHTS_FD_SEEK) | right(wasi.RIGHTS_FD_TELL);
const NOT_OF_DIRECTORIES = READ | WRITE_ONLY | SEEKING;
const OF_DIRECTORIES = right(wasi.RIGHTS_FD_READDIR) | pathRights();

interface Note {
  readonly type: number;
  /** A pipe, or /dev/null. */
  readonly isPostable: boolean;
  /** Linux's O_ flags, as of `flagsVersion`. */
  flags: number;
  flagsVersion: number;
  /** What path_open or fd_fdstat_set_rights left; undefined: all that type and flags allow. */
  rights: Rights | undefined;
}

export class Descriptors {
  readonly #kernel: GuestKernel;
  readonly #notes = new Map<number, Note>();

  constructor(kernel: GuestKernel) {
    this.#kernel = kernel;
  }

  /** `fd` is closed, or another file now. */
  forget(fd: number): void {
    this.#notes.delete(fd);
  }

  forgetAll(): void {
    this.#notes.clear();
  }

  stat(fd: number): wasi.Fdstat {
    const note = this.#note(fd);
    const { base, inheriting } = note.rights ?? ALL;
    const stat = new wasi.Fdstat(note.type, fdFlags(note.flags));
    stat.fs_rights_base = base & possible(note.type, note.flags);
    stat.fs_rights_inherited = note.type === wasi.FILETYPE_DIRECTORY ? inheriting : 0n;
    return stat;
  }

  /** Narrows the rights; false where one was not there before. */
  limit(fd: number, rights: Rights): boolean {
    const stat = this.stat(fd);
    const more =
      (rights.base & ~stat.fs_rights_base) | (rights.inheriting & ~stat.fs_rights_inherited);
    if (more !== 0n) return false;
    this.#note(fd).rights = rights;
    return true;
  }

  /** Notes the rights that path_open asked for, of those that `directory` has to give. */
  opened(fd: number, directory: number, { base, inheriting }: Rights): void {
    const most = this.stat(directory).fs_rights_inherited;
    this.#note(fd).rights = { base: base & most, inheriting: inheriting & most };
  }

  /** NOTCAPABLE where the descriptor lacks one of `rights`, bits of wasi.RIGHTS_. */
  require(fd: number, rights: number): void {
    const missing = BigInt(rights >>> 0) & ~this.stat(fd).fs_rights_base;
    if (missing !== 0n) throw new WasiFailure(wasi.ERRNO_NOTCAPABLE);
  }

  /** `from` becomes `to`, with all that is known of it. */
  move(from: number, to: number): void {
    const note = this.#notes.get(from);
    this.#notes.delete(from);
    this.#notes.delete(to);
    if (note) this.#notes.set(to, note);
  }

  /**
   * True where writes may be posted (GuestKernel.post): to what is known to be a pipe whose writers wait,
   * or to /dev/null.
   */
  isPostable(fd: number): boolean {
    const note = this.#notes.get(fd);
    return (
      note?.isPostable === true &&
      note.flagsVersion === this.#kernel.flagsVersion &&
      (note.flags & O_NONBLOCK) === 0
    );
  }

  /** False for what is not open as well. */
  isDirectory(fd: number): boolean {
    try {
      return this.#note(fd).type === wasi.FILETYPE_DIRECTORY;
    } catch (reason) {
      if (reason instanceof KernelError) return false;
      throw reason;
    }
  }

  #note(fd: number): Note {
    const fresh = this.#kernel.once(() => this.#fresh(fd));
    if (fresh) return fresh;
    const { sys } = this.#kernel;
    const flags = sys.fcntl(fd, F_GETFL, 0);
    const { flagsVersion } = this.#kernel;
    const known = this.#kernel.once(() => this.#notes.get(fd));
    if (known) {
      known.flags = flags;
      known.flagsVersion = flagsVersion;
      return known;
    }
    const { mode, rdev } = sys.fstat(fd);
    const type = fileType(mode);
    const format = mode & S_IFMT;
    const isPostable = format === S_IFIFO || (format === S_IFCHR && rdev === NULL_DEVICE);
    const note: Note = { type, isPostable, flags, flagsVersion, rights: undefined };
    this.#notes.set(fd, note);
    return note;
  }

  #fresh(fd: number): Note | undefined {
    const known = this.#notes.get(fd);
    return known?.flagsVersion === this.#kernel.flagsVersion ? known : undefined;
  }
}

const ALL: Rights = { base: ALL_RIGHTS, inheriting: ALL_RIGHTS };

/** WASI's `fdflags` of Linux's. */
function fdFlags(flags: number): number {
  let result = 0;
  if (flags & O_APPEND) result |= wasi.FDFLAGS_APPEND;
  if (flags & O_NONBLOCK) result |= wasi.FDFLAGS_NONBLOCK;
  if ((flags & O_SYNC) === O_SYNC) result |= wasi.FDFLAGS_SYNC | wasi.FDFLAGS_RSYNC;
  else if (flags & O_DSYNC) result |= wasi.FDFLAGS_DSYNC;
  return result;
}

/** Linux's flags of WASI's `fdflags`. */
export function openFlags(fdflags: number): number {
  let result = 0;
  if (fdflags & wasi.FDFLAGS_APPEND) result |= O_APPEND;
  if (fdflags & wasi.FDFLAGS_NONBLOCK) result |= O_NONBLOCK;
  if (fdflags & wasi.FDFLAGS_DSYNC) result |= O_DSYNC;
  if (fdflags & (wasi.FDFLAGS_SYNC | wasi.FDFLAGS_RSYNC)) result |= O_SYNC;
  return result;
}

/** The rights that a file of this type, opened like this, can have at all. */
function possible(type: number, flags: number): bigint {
  if (type === wasi.FILETYPE_DIRECTORY) return ALL_RIGHTS & ~NOT_OF_DIRECTORIES;
  let rights = ALL_RIGHTS & ~OF_DIRECTORIES;
  if (!isReadable(flags)) rights &= ~READ_ONLY;
  if (!isWritable(flags)) rights &= ~WRITE_ONLY;
  if (type !== wasi.FILETYPE_REGULAR_FILE && type !== wasi.FILETYPE_BLOCK_DEVICE) {
    rights &= ~SEEKING;
  }
  return rights;
}

function right(bit: number): bigint {
  return BigInt(bit >>> 0);
}

function pathRights(): bigint {
  return [
    wasi.RIGHTS_PATH_CREATE_DIRECTORY,
    wasi.RIGHTS_PATH_CREATE_FILE,
    wasi.RIGHTS_PATH_LINK_SOURCE,
    wasi.RIGHTS_PATH_LINK_TARGET,
    wasi.RIGHTS_PATH_OPEN,
    wasi.RIGHTS_PATH_READLINK,
    wasi.RIGHTS_PATH_RENAME_SOURCE,
    wasi.RIGHTS_PATH_RENAME_TARGET,
    wasi.RIGHTS_PATH_FILESTAT_GET,
    wasi.RIGHTS_PATH_FILESTAT_SET_SIZE,
    wasi.RIGHTS_PATH_FILESTAT_SET_TIMES,
    wasi.RIGHTS_PATH_SYMLINK,
    wasi.RIGHTS_PATH_REMOVE_DIRECTORY,
    wasi.RIGHTS_PATH_UNLINK_FILE,
  ].reduce((set, bit) => set | right(bit), 0n);
}
