/**
 * host_fs: what POSIX knows of files and WASI does not. Paths mean what they mean to path_open; several
 * functions return a value and no errno, see `fileValues`.
 */
import {
  AT_EACCESS,
  AT_EMPTY_PATH,
  AT_FDCWD,
  AT_SYMLINK_NOFOLLOW,
  MS_NOATIME,
  MS_NODEV,
  MS_NOEXEC,
  MS_NOSUID,
  MS_RDONLY,
  MS_REMOUNT,
  O_APPEND,
  O_CLOEXEC,
  O_DIRECT,
  O_EXCL,
  O_NONBLOCK,
  O_PATH,
  O_RDONLY,
  O_RDWR,
  O_TMPFILE,
  O_WRONLY,
  type StatFs,
} from "../../../kernel/abi.ts";
import { type ImportFunctions, size } from "../imports.ts";
import type { Location } from "../paths.ts";
import type { ProgramContext } from "../program-context.ts";
import { Piece } from "../stats.ts";

const MODE_BITS = 0o7777;

/** libc's open flags as open_tmpfile gets them. */
const Tmpfile = {
  APPEND: 1,
  NONBLOCK: 4,
  EXCL: 0x4000,
  READ: 0x0400_0000,
  WRITE: 0x1000_0000,
  DIRECT: 0x2000_0000,
} as const;

/** host_fs functions that return an errno. */
export function fileImports(context: ProgramContext): ImportFunctions {
  const { sys, memory, stats, descriptors } = context;
  const locate = locator(context);

  function writeOwner(owner: { uid: number; gid: number }, uid: number, gid: number): void {
    memory.setU32(uid, owner.uid);
    memory.setU32(gid, owner.gid);
  }

  return {
    set_open_mode(mode: number) {
      context.openOptions = { ...context.openOptions, mode: mode & MODE_BITS };
    },

    set_open_direct(on: number) {
      context.openOptions = { ...context.openOptions, direct: on !== 0 };
    },

    path_owner(fd: number, path: number, length: number, follow: number, uid: number, gid: number) {
      const place = locate(fd, path, length, follow !== 0);
      writeOwner(stats.ofPath(place, follow !== 0, Piece.Owner), uid, gid);
    },

    fd_owner(fd: number, uid: number, gid: number) {
      writeOwner(stats.ofDescriptor(fd, Piece.Owner), uid, gid);
    },

    path_access(fd: number, path: number, length: number, mode: number, effective: number) {
      const place = locate(fd, path, length, true);
      sys.faccessat2(place.dirfd, place.path, mode, effective !== 0 ? AT_EACCESS : 0);
    },

    path_chown(fd: number, path: number, length: number, uid: number, gid: number, follow: number) {
      const place = locate(fd, path, length, follow !== 0);
      const flags = follow !== 0 ? 0 : AT_SYMLINK_NOFOLLOW;
      sys.fchownat(place.dirfd, place.path, uid | 0, gid | 0, flags);
    },

    fd_chown(fd: number, uid: number, gid: number) {
      sys.fchown(fd, uid | 0, gid | 0);
    },

    chmod(fd: number, path: number, length: number, mode: number) {
      const place = locate(fd, path, length, true);
      sys.fchmodat(place.dirfd, place.path, mode & MODE_BITS, 0);
    },

    fchmod(fd: number, mode: number) {
      sys.fchmod(fd, mode & MODE_BITS);
    },

    ftruncate(fd: number, length: bigint) {
      sys.ftruncate(fd, size(length));
    },

    open_tmpfile(
      fd: number,
      path: number,
      length: number,
      flags: number,
      mode: number,
      result: number,
    ) {
      memory.slice(result, 4);
      const place = locate(fd, path, length, true);
      const opened = sys.openat(place.dirfd, place.path, tmpfileFlags(flags), mode & MODE_BITS);
      descriptors.forget(opened);
      memory.setU32(result, opened);
    },

    fd_link(fd: number, directory: number, path: number, length: number) {
      const place = locate(directory, path, length, false);
      sys.linkat(fd, "", place.dirfd, place.path, AT_EMPTY_PATH);
    },

    path_mknod(fd: number, path: number, length: number, mode: number, device: bigint) {
      const place = locate(fd, path, length, false);
      sys.mknodat(place.dirfd, place.path, mode, size(device));
    },

    path_renameat2(
      fd: number,
      path: number,
      length: number,
      newFd: number,
      newPath: number,
      newLength: number,
      flags: number,
    ) {
      const from = locate(fd, path, length, false);
      const to = locate(newFd, newPath, newLength, false);
      sys.renameat2(from.dirfd, from.path, to.dirfd, to.path, flags);
    },

    path_statfs(
      fd: number,
      path: number,
      length: number,
      total: number,
      used: number,
      available: number,
      inodes: number,
      freeInodes: number,
    ) {
      const record = statfs(locate(fd, path, length, true));
      const unit = record.bsize;
      memory.setU64(total, BigInt(record.blocks * unit));
      memory.setU64(used, BigInt((record.blocks - record.bfree) * unit));
      memory.setU64(available, BigInt(record.bavail * unit));
      memory.setU64(inodes, BigInt(record.files));
      memory.setU64(freeInodes, BigInt(record.ffree));
    },

    remount(path: number, length: number, options: number, optionsLength: number) {
      const names = memory.text(options, optionsLength).split(",");
      const { flags, data } = mountOptions(names);
      sys.mount("", memory.text(path, length), "", MS_REMOUNT | flags, data);
    },
  };

  function statfs({ dirfd, path }: Location): StatFs {
    if (dirfd === AT_FDCWD) return sys.statfs(path);
    const fd = sys.openat(dirfd, path, O_PATH | O_CLOEXEC, 0);
    try {
      return sys.fstatfs(fd);
    } finally {
      sys.close(fd);
    }
  }
}

/** host_fs functions that return a mode: 0 is the failure. */
export function fileModes(context: ProgramContext): ImportFunctions {
  const { stats } = context;
  const locate = locator(context);
  return {
    path_mode: (fd: number, path: number, length: number, follow: number) =>
      stats.ofPath(locate(fd, path, length, follow !== 0), follow !== 0, Piece.Mode).mode,
    fd_mode: (fd: number) => stats.ofDescriptor(fd, Piece.Mode).mode,
  };
}

/** host_fs functions that return a 64-bit size or count of blocks: -1 is the failure. */
export function fileSizes(context: ProgramContext): ImportFunctions {
  const { stats } = context;
  const locate = locator(context);
  const ofPath = (piece: Piece) => (fd: number, path: number, length: number, follow: number) =>
    stats.ofPath(locate(fd, path, length, follow !== 0), follow !== 0, piece);
  const sizeOf = ofPath(Piece.Size);
  const blocksOf = ofPath(Piece.Blocks);
  return {
    path_size: (...args: [number, number, number, number]) => BigInt(sizeOf(...args).size),
    path_blocks: (...args: [number, number, number, number]) => BigInt(blocksOf(...args).blocks),
    fd_size: (fd: number) => BigInt(stats.ofDescriptor(fd, Piece.Size).size),
    fd_blocks: (fd: number) => BigInt(stats.ofDescriptor(fd, Piece.Blocks).blocks),
  };
}

/** host_fs functions that return a device number: 0 is the failure. */
export function fileDevices(context: ProgramContext): ImportFunctions {
  const { stats } = context;
  const locate = locator(context);
  return {
    path_rdev: (fd: number, path: number, length: number, follow: number) =>
      BigInt(stats.ofPath(locate(fd, path, length, follow !== 0), follow !== 0, Piece.Device).rdev),
  };
}

function locator({ memory, paths }: ProgramContext) {
  return (fd: number, address: number, length: number, follow: boolean): Location =>
    paths.locateLoosely(fd, memory.text(address, length), follow);
}

function tmpfileFlags(flags: number): number {
  const writes = (flags & Tmpfile.WRITE) !== 0;
  let result = O_TMPFILE | (writes ? (flags & Tmpfile.READ ? O_RDWR : O_WRONLY) : O_RDONLY);
  if (flags & Tmpfile.APPEND) result |= O_APPEND;
  if (flags & Tmpfile.NONBLOCK) result |= O_NONBLOCK;
  if (flags & Tmpfile.EXCL) result |= O_EXCL;
  if (flags & Tmpfile.DIRECT) result |= O_DIRECT;
  return result;
}

/** mount(8)'s options: those that are flags, and the rest as the file system's own. */
function mountOptions(names: readonly string[]): { flags: number; data: string } {
  let flags = 0;
  const rest: string[] = [];
  for (const name of names) {
    const flag = MOUNT_FLAGS.get(name);
    if (flag !== undefined) flags |= flag;
    else if (!MOUNT_DEFAULTS.has(name)) rest.push(name);
  }
  return { flags, data: rest.join(",") };
}

const MOUNT_FLAGS = new Map([
  ["ro", MS_RDONLY],
  ["nosuid", MS_NOSUID],
  ["nodev", MS_NODEV],
  ["noexec", MS_NOEXEC],
  ["noatime", MS_NOATIME],
]);

/** What clears a flag, or asks for nothing. */
const MOUNT_DEFAULTS = new Set([
  "",
  "defaults",
  "remount",
  "rw",
  "suid",
  "dev",
  "exec",
  "atime",
  "relatime",
]);
