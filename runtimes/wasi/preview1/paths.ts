/** The path_ calls of WASI preview 1. */
import { wasi } from "@bjorn3/browser_wasi_shim";
import {
  AT_REMOVEDIR,
  AT_SYMLINK_FOLLOW,
  AT_SYMLINK_NOFOLLOW,
  Errno,
  O_CREAT,
  O_DIRECT,
  O_DIRECTORY,
  O_EXCL,
  O_NOFOLLOW,
  O_RDONLY,
  O_RDWR,
  O_TRUNC,
  O_WRONLY,
} from "../../../kernel/abi.ts";
import { openFlags } from "../descriptors.ts";
import { KernelFilestat } from "../filestat.ts";
import { type ImportFunctions, refuse } from "../imports.ts";
import type { ProgramContext } from "../program-context.ts";
import { Piece } from "../stats.ts";
import { newTimes } from "./kernel-fd.ts";

const LOOKUP_SYMLINK_FOLLOW = 1;
const DEFAULT_MODE = 0o666;
const READ = BigInt(wasi.RIGHTS_FD_READ | wasi.RIGHTS_FD_READDIR);
const WRITE = BigInt(wasi.RIGHTS_FD_WRITE);

export function pathImports(context: ProgramContext): ImportFunctions {
  const { sys, memory, paths, stats, descriptors } = context;

  function locate(fd: number, address: number, length: number, follow = false) {
    return paths.locate(fd, memory.text(address, length), follow);
  }

  return {
    path_open(
      fd: number,
      lookup: number,
      path: number,
      pathLength: number,
      oflags: number,
      base: bigint,
      inheriting: bigint,
      fdflags: number,
      opened: number,
    ) {
      const { mode = DEFAULT_MODE, direct } = context.takeOpenOptions();
      let flags = accessMode(base) | creationFlags(oflags) | openFlags(fdflags);
      if (direct) flags |= O_DIRECT;
      const follow = (lookup & LOOKUP_SYMLINK_FOLLOW) !== 0;
      if (!follow) flags |= O_NOFOLLOW;
      memory.slice(opened, 4);
      if (paths.isPlain && (oflags & wasi.OFLAGS_TRUNC) !== 0) {
        descriptors.require(fd, wasi.RIGHTS_PATH_FILESTAT_SET_SIZE);
      }
      const place = locate(fd, path, pathLength, follow);
      const number = sys.openat(place.dirfd, place.path, flags, mode);
      descriptors.forget(number);
      if (paths.isPlain) descriptors.opened(number, fd, { base, inheriting });
      memory.setU32(opened, number);
    },

    path_filestat_get(fd: number, lookup: number, path: number, length: number, result: number) {
      const follow = (lookup & LOOKUP_SYMLINK_FOLLOW) !== 0;
      const stat = stats.ofPath(locate(fd, path, length, follow), follow, Piece.Filestat);
      memory.slice(result, 64);
      const filestat = new KernelFilestat(stat);
      if (follow && !paths.isPlain) filestat.filetype = readableType(filestat.filetype);
      filestat.write_bytes(memory.view, result);
    },

    path_filestat_set_times(
      fd: number,
      lookup: number,
      path: number,
      length: number,
      atime: bigint,
      mtime: bigint,
      which: number,
    ) {
      const follow = (lookup & LOOKUP_SYMLINK_FOLLOW) !== 0;
      const place = locate(fd, path, length, follow);
      const times = newTimes(atime, mtime, which);
      const flags = follow ? 0 : AT_SYMLINK_NOFOLLOW;
      sys.utimensat(place.dirfd, place.path, times.atime, times.mtime, flags);
    },

    path_create_directory(fd: number, path: number, length: number) {
      const place = locate(fd, path, length);
      sys.mkdirat(place.dirfd, place.path, 0o777);
    },

    path_remove_directory(fd: number, path: number, length: number) {
      const place = locate(fd, path, length);
      sys.unlinkat(place.dirfd, place.path, AT_REMOVEDIR);
    },

    path_unlink_file(fd: number, path: number, length: number) {
      const place = locate(fd, path, length);
      sys.unlinkat(place.dirfd, place.path, 0);
    },

    path_link(
      fd: number,
      lookup: number,
      path: number,
      length: number,
      newFd: number,
      newPath: number,
      newLength: number,
    ) {
      const follow = (lookup & LOOKUP_SYMLINK_FOLLOW) !== 0;
      const from = locate(fd, path, length, follow);
      const to = locate(newFd, newPath, newLength);
      const flags = follow ? AT_SYMLINK_FOLLOW : 0;
      sys.linkat(from.dirfd, from.path, to.dirfd, to.path, flags);
    },

    path_rename(
      fd: number,
      path: number,
      length: number,
      newFd: number,
      newPath: number,
      newLength: number,
    ) {
      const from = locate(fd, path, length);
      const to = locate(newFd, newPath, newLength);
      sys.renameat2(from.dirfd, from.path, to.dirfd, to.path, 0);
    },

    path_symlink(target: number, targetLength: number, fd: number, path: number, length: number) {
      const place = locate(fd, path, length);
      const text = memory.text(target, targetLength);
      if (paths.isPlain && text.startsWith("/")) refuse(Errno.EPERM);
      sys.symlinkat(text, place.dirfd, place.path);
    },

    path_readlink(
      fd: number,
      path: number,
      length: number,
      buffer: number,
      capacity: number,
      used: number,
    ) {
      const place = locate(fd, path, length);
      const target = sys.readlinkat(place.dirfd, place.path);
      memory.setU32(used, Math.min(memory.setText(buffer, capacity, target), capacity));
    },
  };
}

/**
 * Pipes and devices pass for regular files, where links are followed: the commands' cat and its kind
 * read nothing else, and who wants to know better asks host_fs for the mode.
 */
function readableType(filetype: number): number {
  const special = filetype === wasi.FILETYPE_UNKNOWN || filetype === wasi.FILETYPE_CHARACTER_DEVICE;
  return special ? wasi.FILETYPE_REGULAR_FILE : filetype;
}

/** Linux's access mode of the rights that are asked for. */
function accessMode(base: bigint): number {
  const write = (base & WRITE) !== 0n;
  if (!write) return O_RDONLY;
  return (base & READ) !== 0n ? O_RDWR : O_WRONLY;
}

function creationFlags(oflags: number): number {
  let flags = 0;
  if (oflags & wasi.OFLAGS_CREAT) flags |= O_CREAT;
  if (oflags & wasi.OFLAGS_DIRECTORY) flags |= O_DIRECTORY;
  if (oflags & wasi.OFLAGS_EXCL) flags |= O_EXCL;
  if (oflags & wasi.OFLAGS_TRUNC) flags |= O_TRUNC;
  return flags;
}
