/** Who a new file belongs to and what its permissions are (inode(7), open(2)). */
import { Errno, fail } from "../errno.ts";
import { inGroup } from "../process/credentials.ts";
import type { Process } from "../process/process.ts";
import { S_IFDIR, S_IFMT, S_ISGID, S_IXGRP, W_OK, X_OK } from "./constants.ts";
import type { Attributes, Inode, NewInode } from "./file-system.ts";
import type { Mount } from "./mount-table.ts";
import { require } from "./permission.ts";
import { requireUnsealed } from "./seals.ts";

/** Fails unless `process` may make a file in `directory`; its path is known where paths are sealed. */
export function requireCreation(
  process: Process,
  mount: Mount,
  directory: Inode,
  path: string | undefined,
): void {
  if (mount.readOnly) fail(Errno.EROFS);
  requireUnsealed(process, path);
  const attributes = directory.attributes();
  if ((attributes.mode & S_IFMT) !== S_IFDIR) fail(Errno.ENOTDIR);
  if (attributes.nlink === 0) fail(Errno.ENOENT);
  require(attributes, process.credentials, W_OK | X_OK);
}

/** `mode` has the type and what the caller asked for; umask and a set-group-id directory do the rest. */
export function newInode(process: Process, directory: Attributes, mode: number): NewInode {
  const { credentials, fs } = process;
  const masked = mode & ~fs.umask;
  const uid = credentials.euid;
  if ((directory.mode & S_ISGID) === 0) return { mode: masked, uid, gid: credentials.egid };
  const { gid } = directory;
  if ((mode & S_IFMT) === S_IFDIR) return { mode: masked | S_ISGID, uid, gid };
  const runsAsGroup = (masked & (S_ISGID | S_IXGRP)) === (S_ISGID | S_IXGRP);
  const mayRunAsGroup = credentials.privileged || inGroup(credentials, gid);
  return { mode: runsAsGroup && !mayRunAsGroup ? masked & ~S_ISGID : masked, uid, gid };
}
