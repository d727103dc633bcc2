/** rename(2): which moves are allowed. That the tree stays a tree is settled here, not by drivers. */
import { Errno, fail } from "../errno.ts";
import type { Process } from "../process/process.ts";
import { RENAME_EXCHANGE, RENAME_NOREPLACE, S_IFDIR, S_IFMT, W_OK, X_OK } from "./constants.ts";
import type { Inode } from "./file-system.ts";
import { notifyMove } from "./inotify/watches.ts";
import { contains } from "./mount-table.ts";
import { require, requireRemoval } from "./permission.ts";
import { requireMovable, requireRemovable, requireUnsealed } from "./seals.ts";
import { locateParent } from "./start.ts";
import type { Walk } from "./walk.ts";

export function rename(
  process: Process,
  dirfd: number,
  path: string,
  newDirfd: number,
  newPath: string,
  flags: number,
): void {
  const exchange = (flags & RENAME_EXCHANGE) !== 0;
  const noReplace = (flags & RENAME_NOREPLACE) !== 0;
  if ((flags & ~(RENAME_EXCHANGE | RENAME_NOREPLACE)) !== 0 || (exchange && noReplace))
    fail(Errno.EINVAL);
  const from = locateParent(process, dirfd, path);
  const to = locateParent(process, newDirfd, newPath);
  if (from.mount !== to.mount) fail(Errno.EXDEV);
  if (isSpecial(from.name)) fail(Errno.EBUSY);
  if (isSpecial(to.name)) fail(noReplace ? Errno.EEXIST : Errno.EBUSY);
  if (from.mount.readOnly) fail(Errno.EROFS);
  const moved = from.inode.lookup(from.name) ?? fail(Errno.ENOENT);
  requireRemovable(process, from.childPath);
  const other = to.inode.lookup(to.name);
  if (other && noReplace) fail(Errno.EEXIST);
  if (!other && exchange) fail(Errno.ENOENT);
  checkSlashes(from, moved, to, other, exchange);
  if (contains(moved, to.inode)) fail(Errno.EINVAL);
  if (other && contains(other, from.inode)) fail(exchange ? Errno.EINVAL : Errno.ENOTEMPTY);
  // Two names of one file: POSIX wants success and no change.
  if (moved === other) return;
  requireUnsealed(process, to.childPath);
  if (isDirectory(moved)) requireMovable(process, from.childPath, to.childPath);
  if (exchange && other && isDirectory(other)) {
    requireMovable(process, to.childPath, from.childPath);
  }
  requireMove(process, from.inode, moved, to.inode, other, exchange);
  const { children } = from.mount;
  if (children.has(moved) || (other && children.has(other))) fail(Errno.EBUSY);
  from.inode.rename(from.name, to.inode, to.name, exchange);
  notifyMove(from.inode, from.name, to.inode, to.name, moved, exchange ? undefined : other);
  if (exchange && other) notifyMove(to.inode, to.name, from.inode, from.name, other, undefined);
}

function isSpecial(name: string): boolean {
  return name === "" || name === "." || name === "..";
}

function isDirectory(inode: Inode): boolean {
  return (inode.attributes().mode & S_IFMT) === S_IFDIR;
}

/** A slash at a name's end says that it is a directory. */
function checkSlashes(
  from: Walk,
  moved: Inode,
  to: Walk,
  other: Inode | undefined,
  exchange: boolean,
): void {
  if (exchange && other && to.trailingSlash && !isDirectory(other)) fail(Errno.ENOTDIR);
  const claimed = from.trailingSlash || (to.trailingSlash && !exchange);
  if (claimed && !isDirectory(moved)) fail(Errno.ENOTDIR);
}

function requireMove(
  { credentials }: Process,
  from: Inode,
  moved: Inode,
  to: Inode,
  other: Inode | undefined,
  exchange: boolean,
): void {
  const target = to.attributes();
  requireRemoval(from.attributes(), moved.attributes(), credentials);
  if (target.nlink === 0) fail(Errno.ENOENT);
  if (!other) require(target, credentials, W_OK | X_OK);
  else {
    requireRemoval(target, other.attributes(), credentials);
    if (!exchange && isDirectory(moved) && !isDirectory(other)) fail(Errno.ENOTDIR);
    if (!exchange && !isDirectory(moved) && isDirectory(other)) fail(Errno.EISDIR);
  }
  if (from === to) return;
  // A directory that changes its parent is written to: its ".." changes.
  if (isDirectory(moved)) require(moved.attributes(), credentials, W_OK);
  if (exchange && other && isDirectory(other)) require(other.attributes(), credentials, W_OK);
}
