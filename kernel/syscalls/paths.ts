/** Calls that take paths. Each resolves its path and hands on; the rules are in kernel/vfs. */
import { Errno, fail } from "../errno.ts";
import { O_CLOEXEC } from "../fd/flags.ts";
import { changeMode, changeOwner, changeTimes, requireWritable } from "../vfs/attributes.ts";
import {
  AT_EACCESS,
  AT_EMPTY_PATH,
  AT_FDCWD,
  AT_NO_AUTOMOUNT,
  AT_REMOVEDIR,
  AT_SYMLINK_NOFOLLOW,
  MS_NOEXEC,
  S_IFDIR,
  S_IFLNK,
  S_IFMT,
  S_IFREG,
  W_OK,
  X_OK,
} from "../vfs/constants.ts";
import { getXattr, listXattr, removeXattr, setXattr } from "../vfs/extended-attributes.ts";
import { checkLength, statOf } from "../vfs/inode-file.ts";
import { IN_MODIFY } from "../vfs/inotify/constants.ts";
import { notify } from "../vfs/inotify/watches.ts";
import type { Location } from "../vfs/mount-table.ts";
import { mount, unmount } from "../vfs/mounting.ts";
import {
  makeDirectory,
  makeLink,
  makeNode,
  makeSymlink,
  removeDirectory,
  removeName,
} from "../vfs/names.ts";
import { open } from "../vfs/open.ts";
import { pathOf } from "../vfs/path-of.ts";
import { require } from "../vfs/permission.ts";
import { rename } from "../vfs/rename.ts";
import { locate, realCredentials } from "../vfs/start.ts";
import type { Call } from "./call.ts";
import type { Handlers } from "./handlers.ts";

export const pathCalls: Handlers<
  | "openat"
  | "openstat"
  | "newfstatat"
  | "faccessat2"
  | "readlinkat"
  | "statfs"
  | "mkdirat"
  | "mknodat"
  | "unlinkat"
  | "renameat2"
  | "linkat"
  | "symlinkat"
  | "fchmodat"
  | "fchownat"
  | "utimensat"
  | "truncate"
  | "getxattr"
  | "setxattr"
  | "listxattr"
  | "removexattr"
  | "chdir"
  | "fchdir"
  | "getcwd"
  | "chroot"
  | "umask"
  | "mount"
  | "umount2"
> = {
  openat(call, dirfd, path, flags, mode) {
    const { fds } = call.process;
    fds.requireRoom();
    return fds.install(open(call, dirfd, path, flags, mode), (flags & O_CLOEXEC) !== 0);
  },

  openstat(call, dirfd, path, flags, mode) {
    const fd = pathCalls.openat(call, dirfd, path, flags, mode);
    return { fd, stat: call.process.fds.get(fd).stat() };
  },

  newfstatat(call, dirfd, path, flags) {
    checkFlags(flags, STAT_FLAGS);
    if (path === "" && (flags & AT_EMPTY_PATH) !== 0 && dirfd !== AT_FDCWD)
      return call.process.fds.get(dirfd).stat();
    const { mount, inode } = locate(call.process, dirfd, path, flags);
    return statOf(inode.attributes(), mount);
  },

  faccessat2(call, dirfd, path, mode, flags) {
    checkFlags(flags, AT_EACCESS | AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH);
    if ((mode & ~7) !== 0) fail(Errno.EINVAL);
    const { process } = call;
    const effective = (flags & AT_EACCESS) !== 0;
    const credentials = effective ? process.credentials : realCredentials(process.credentials);
    const location = locate(process, dirfd, path, flags & ~AT_EACCESS, credentials);
    const { mount, inode } = location;
    const file = inode.attributes();
    const type = file.mode & S_IFMT;
    const onDisk = type === S_IFREG || type === S_IFDIR || type === S_IFLNK;
    if ((mode & W_OK) !== 0 && onDisk) requireWritable(process, location);
    const noExec = (mount.flags & MS_NOEXEC) !== 0 && type === S_IFREG;
    if ((mode & X_OK) !== 0 && noExec) fail(Errno.EACCES);
    require(file, credentials, mode);
  },

  readlinkat(call, dirfd, path) {
    const flags = AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH;
    const { inode } = locate(call.process, dirfd, path, flags);
    if ((inode.attributes().mode & S_IFMT) !== S_IFLNK)
      fail(path === "" ? Errno.ENOENT : Errno.EINVAL);
    inode.accessed();
    return inode.readlink(call.process);
  },

  statfs: (call, path) => locate(call.process, AT_FDCWD, path, 0).mount.statfs(),

  mkdirat(call, dirfd, path, mode) {
    makeDirectory(call.process, dirfd, path, mode);
  },

  mknodat(call, dirfd, path, mode, dev) {
    makeNode(call.process, dirfd, path, mode, dev);
  },

  unlinkat(call, dirfd, path, flags) {
    checkFlags(flags, AT_REMOVEDIR);
    if ((flags & AT_REMOVEDIR) !== 0) removeDirectory(call.process, dirfd, path);
    else removeName(call.process, dirfd, path);
  },

  renameat2(call, dirfd, path, newdirfd, newpath, flags) {
    rename(call.process, dirfd, path, newdirfd, newpath, flags);
  },

  linkat(call, dirfd, path, newdirfd, newpath, flags) {
    makeLink(call.process, dirfd, path, newdirfd, newpath, flags);
  },

  symlinkat(call, target, dirfd, path) {
    makeSymlink(call.process, target, dirfd, path);
  },

  fchmodat(call, dirfd, path, mode, flags) {
    changeMode(call.process, itself(call, dirfd, path, flags), mode);
  },

  fchownat(call, dirfd, path, uid, gid, flags) {
    changeOwner(call.process, itself(call, dirfd, path, flags), uid, gid);
  },

  utimensat(call, dirfd, path, atime, mtime, flags) {
    changeTimes(call, itself(call, dirfd, path, flags), atime, mtime);
  },

  truncate(call, path, length) {
    if (!Number.isSafeInteger(length) || length < 0) fail(Errno.EINVAL);
    const location = locate(call.process, AT_FDCWD, path, 0);
    const { inode } = location;
    const file = inode.attributes();
    if ((file.mode & S_IFMT) === S_IFDIR) fail(Errno.EISDIR);
    if ((file.mode & S_IFMT) !== S_IFREG) fail(Errno.EINVAL);
    requireWritable(call.process, location);
    require(file, call.process.credentials, W_OK);
    checkLength(call, length, file.size);
    inode.truncate(length);
    notify(inode, IN_MODIFY);
  },

  getxattr(call, dirfd, path, name, flags) {
    return getXattr(call.process, itself(call, dirfd, path, flags), name);
  },

  setxattr(call, dirfd, path, name, value, create, flags) {
    setXattr(call.process, itself(call, dirfd, path, flags), name, value, create);
  },

  listxattr(call, dirfd, path, flags) {
    return listXattr(call.process, itself(call, dirfd, path, flags));
  },

  removexattr(call, dirfd, path, name, flags) {
    removeXattr(call.process, itself(call, dirfd, path, flags), name);
  },

  chdir(call, path) {
    call.process.fs.cwd = enterable(call, locate(call.process, AT_FDCWD, path, 0));
  },

  fchdir(call, fd) {
    const { location } = call.process.fds.get(fd);
    call.process.fs.cwd = enterable(call, location ?? fail(Errno.ENOTDIR));
  },

  getcwd(call) {
    const { cwd, root } = call.process.fs;
    if (cwd.inode.attributes().nlink === 0) fail(Errno.ENOENT);
    return pathOf(cwd, root) ?? `(unreachable)${pathOf(cwd, call.kernel.mounts.root.root) ?? "/"}`;
  },

  chroot(call, path) {
    const location = enterable(call, locate(call.process, AT_FDCWD, path, 0));
    if (!call.process.credentials.privileged) fail(Errno.EPERM);
    call.process.fs.root = location;
  },

  umask(call, mode) {
    const { fs } = call.process;
    const old = fs.umask;
    fs.umask = mode & 0o777;
    return old;
  },

  mount(call, source, path, type, flags, data) {
    mount(call, source, path, type, flags, data);
  },

  umount2(call, path, flags) {
    unmount(call, path, flags);
  },
};

const STAT_FLAGS = AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH | AT_NO_AUTOMOUNT;

function checkFlags(flags: number, known: number): void {
  if ((flags & ~known) !== 0) fail(Errno.EINVAL);
}

/** What a path names, under the flags that most calls share. */
function itself(call: Call, dirfd: number, path: string, flags: number): Location {
  checkFlags(flags, AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH);
  return locate(call.process, dirfd, path, flags);
}

/** A directory that the caller may make its working directory or root. */
function enterable(call: Call, location: Location): Location {
  const file = location.inode.attributes();
  if ((file.mode & S_IFMT) !== S_IFDIR) fail(Errno.ENOTDIR);
  require(file, call.process.credentials, X_OK);
  return location;
}
