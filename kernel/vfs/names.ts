/** Making and removing names: mkdir(2), mknod(2), symlink(2), link(2), unlink(2), rmdir(2). */
import { utf8Length } from "../bytes.ts";
import { Errno, fail } from "../errno.ts";
import { PATH_MAX } from "../limits.ts";
import type { Process } from "../process/process.ts";
import {
  AT_EMPTY_PATH,
  AT_SYMLINK_FOLLOW,
  AT_SYMLINK_NOFOLLOW,
  R_OK,
  S_IALLUGO,
  S_IFBLK,
  S_IFCHR,
  S_IFDIR,
  S_IFIFO,
  S_IFLNK,
  S_IFMT,
  S_IFREG,
  S_IFSOCK,
  S_ISGID,
  S_ISUID,
  S_ISVTX,
  S_IXGRP,
  W_OK,
} from "./constants.ts";
import type { Attributes } from "./file-system.ts";
import { IN_CREATE, IN_DELETE } from "./inotify/constants.ts";
import { notifyEntry, notifyUnlinked } from "./inotify/watches.ts";
import { newInode, requireCreation } from "./new-inode.ts";
import { allows, requireRemoval } from "./permission.ts";
import { requireRemovable, requireUnsealed, sealedPath } from "./seals.ts";
import { locate, locateParent } from "./start.ts";
import type { Walk } from "./walk.ts";

export function makeDirectory(process: Process, dirfd: number, path: string, mode: number): void {
  const walk = locateParent(process, dirfd, path);
  requireFree(walk, true);
  requireCreation(process, walk.mount, walk.inode, walk.childPath);
  const permissions = mode & (0o777 | S_ISVTX);
  walk.inode.create(walk.name, newInode(process, walk.inode.attributes(), S_IFDIR | permissions));
  notifyEntry(walk.inode, walk.name, IN_CREATE, true);
}

/** A regular file, FIFO, socket or device node. */
export function makeNode(
  process: Process,
  dirfd: number,
  path: string,
  mode: number,
  rdev: number,
): void {
  const type = mode & S_IFMT || S_IFREG;
  if (type === S_IFDIR) fail(Errno.EPERM);
  if (!NODES.has(type) || !Number.isSafeInteger(rdev) || rdev < 0) fail(Errno.EINVAL);
  const walk = locateParent(process, dirfd, path);
  requireFree(walk, false);
  requireCreation(process, walk.mount, walk.inode, walk.childPath);
  const isDevice = type === S_IFCHR || type === S_IFBLK;
  if (isDevice && !process.credentials.privileged) fail(Errno.EPERM);
  const init = newInode(process, walk.inode.attributes(), type | (mode & S_IALLUGO));
  walk.inode.create(walk.name, isDevice ? { ...init, rdev } : init);
  notifyEntry(walk.inode, walk.name, IN_CREATE);
}

export function makeSymlink(process: Process, target: string, dirfd: number, path: string): void {
  if (target === "") fail(Errno.ENOENT);
  if (target.length * 3 >= PATH_MAX && utf8Length(target) >= PATH_MAX) fail(Errno.ENAMETOOLONG);
  if (target.includes("\0")) fail(Errno.EINVAL);
  const walk = locateParent(process, dirfd, path);
  requireFree(walk, false);
  requireCreation(process, walk.mount, walk.inode, walk.childPath);
  // A link has no permissions of its own, so the umask leaves it alone.
  const { uid, gid } = newInode(process, walk.inode.attributes(), S_IFLNK);
  walk.inode.create(walk.name, { mode: S_IFLNK | 0o777, uid, gid, target });
  notifyEntry(walk.inode, walk.name, IN_CREATE);
}

export function makeLink(
  process: Process,
  dirfd: number,
  path: string,
  newDirfd: number,
  newPath: string,
  flags: number,
): void {
  if ((flags & ~(AT_SYMLINK_FOLLOW | AT_EMPTY_PATH)) !== 0) fail(Errno.EINVAL);
  const follow = (flags & AT_SYMLINK_FOLLOW) !== 0 ? 0 : AT_SYMLINK_NOFOLLOW;
  const source = locate(process, dirfd, path, follow | (flags & AT_EMPTY_PATH));
  const { mount, inode } = source;
  const file = inode.attributes();
  const walk = locateParent(process, newDirfd, newPath);
  requireFree(walk, false);
  if (walk.mount !== mount) fail(Errno.EXDEV);
  if (walk.mount.readOnly) fail(Errno.EROFS);
  if (!mayLink(process, file)) fail(Errno.EPERM);
  // A name elsewhere would be a way around what seals this one.
  if (process.fs.seals) requireUnsealed(process, sealedPath(source));
  requireCreation(process, walk.mount, walk.inode, walk.childPath);
  if ((file.mode & S_IFMT) === S_IFDIR) fail(Errno.EPERM);
  walk.inode.link(walk.name, inode);
  notifyUnlinked(inode);
  notifyEntry(walk.inode, walk.name, IN_CREATE);
}

export function removeName(process: Process, dirfd: number, path: string): void {
  const walk = locateParent(process, dirfd, path);
  if (walk.name === "" || walk.name === "." || walk.name === "..") fail(Errno.EISDIR);
  if (walk.mount.readOnly) fail(Errno.EROFS);
  const inode = walk.inode.lookup(walk.name) ?? fail(Errno.ENOENT);
  requireRemovable(process, walk.childPath);
  const file = inode.attributes();
  const isDirectory = (file.mode & S_IFMT) === S_IFDIR;
  if (walk.trailingSlash) fail(isDirectory ? Errno.EISDIR : Errno.ENOTDIR);
  requireRemoval(walk.inode.attributes(), file, process.credentials);
  if (isDirectory) fail(Errno.EISDIR);
  if (walk.mount.children.has(inode)) fail(Errno.EBUSY);
  walk.inode.unlink(walk.name);
  notifyEntry(walk.inode, walk.name, IN_DELETE);
  notifyUnlinked(inode);
}

export function removeDirectory(process: Process, dirfd: number, path: string): void {
  const walk = locateParent(process, dirfd, path);
  if (walk.name === "..") fail(Errno.ENOTEMPTY);
  if (walk.name === ".") fail(Errno.EINVAL);
  if (walk.name === "") fail(Errno.EBUSY);
  if (walk.mount.readOnly) fail(Errno.EROFS);
  const inode = walk.inode.lookup(walk.name) ?? fail(Errno.ENOENT);
  requireRemovable(process, walk.childPath);
  const file = inode.attributes();
  requireRemoval(walk.inode.attributes(), file, process.credentials);
  if ((file.mode & S_IFMT) !== S_IFDIR) fail(Errno.ENOTDIR);
  if (walk.mount.children.has(inode)) fail(Errno.EBUSY);
  walk.inode.rmdir(walk.name);
  notifyEntry(walk.inode, walk.name, IN_DELETE, true);
  notifyUnlinked(inode);
}

const NODES = new Set([S_IFREG, S_IFIFO, S_IFSOCK, S_IFCHR, S_IFBLK]);

/** EEXIST where the last name is taken; ENOENT where its slash asks for a directory that is not made. */
function requireFree(walk: Walk, slashAllowed: boolean): void {
  if (walk.name === "" || walk.name === "." || walk.name === "..") fail(Errno.EEXIST);
  if (walk.child()) fail(Errno.EEXIST);
  if (walk.trailingSlash && !slashAllowed) fail(Errno.ENOENT);
}

/**
 * Others' files can be linked only by who may read and write them, and never what would lend them their
 * owner's rights (protected_hardlinks, proc_sys_fs(5)).
 */
function mayLink({ credentials }: Process, file: Attributes): boolean {
  if (credentials.privileged || file.uid === credentials.euid) return true;
  if ((file.mode & S_IFMT) !== S_IFREG || (file.mode & S_ISUID) !== 0) return false;
  if ((file.mode & (S_ISGID | S_IXGRP)) === (S_ISGID | S_IXGRP)) return false;
  return allows(file, credentials, R_OK | W_OK);
}
