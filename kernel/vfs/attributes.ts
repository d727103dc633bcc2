/** Changing a file's mode, owner and times: who may, and what else that changes (chmod(2), chown(2)). */
import { Errno, fail } from "../errno.ts";
import { inGroup } from "../process/credentials.ts";
import type { Process } from "../process/process.ts";
import type { Call } from "../syscalls/call.ts";
import {
  S_IALLUGO,
  S_IFDIR,
  S_IFLNK,
  S_IFMT,
  S_ISGID,
  S_ISUID,
  S_IXGRP,
  UTIME_NOW,
  UTIME_OMIT,
  W_OK,
} from "./constants.ts";
import type { Attributes } from "./file-system.ts";
import { IN_ACCESS, IN_ATTRIB, IN_MODIFY } from "./inotify/constants.ts";
import { notify } from "./inotify/watches.ts";
import type { Location } from "./mount-table.ts";
import { require, requireOwner } from "./permission.ts";
import { requireUnsealed, sealedPath } from "./seals.ts";

export function changeMode(process: Process, location: Location, mode: number): void {
  requireWritable(process, location);
  const { inode } = location;
  const file = inode.attributes();
  const { credentials } = process;
  if ((file.mode & S_IFMT) === S_IFLNK) fail(Errno.EOPNOTSUPP);
  requireOwner(file, credentials);
  const mayRunAsGroup = credentials.privileged || inGroup(credentials, file.gid);
  inode.setAttributes({ mode: mode & (mayRunAsGroup ? S_IALLUGO : S_IALLUGO & ~S_ISGID) });
  notify(inode, IN_ATTRIB);
}

/** -1 keeps. */
export function changeOwner(process: Process, location: Location, uid: number, gid: number): void {
  requireWritable(process, location);
  const { inode } = location;
  const file = inode.attributes();
  const newUid = uid === -1 ? file.uid : uid >>> 0;
  const newGid = gid === -1 ? file.gid : gid >>> 0;
  const { credentials } = process;
  if (!credentials.privileged) {
    const owns = file.uid === credentials.euid;
    if (uid !== -1 && !(owns && newUid === file.uid)) fail(Errno.EPERM);
    const mayGive = newGid === file.gid || inGroup(credentials, newGid);
    if (gid !== -1 && !(owns && mayGive)) fail(Errno.EPERM);
  }
  inode.setAttributes({ uid: newUid, gid: newGid, mode: withoutSetId(file) });
  notify(inode, IN_ATTRIB);
}

/** Nanoseconds, UTIME_NOW or UTIME_OMIT. */
export function changeTimes(
  { kernel, process }: Call,
  location: Location,
  atime: bigint,
  mtime: bigint,
): void {
  if (atime === UTIME_OMIT && mtime === UTIME_OMIT) return;
  requireWritable(process, location);
  const { inode } = location;
  const file = inode.attributes();
  const { credentials } = process;
  if (atime === UTIME_NOW && mtime === UTIME_NOW) {
    if (file.uid !== credentials.euid) require(file, credentials, W_OK);
  } else requireOwner(file, credentials);
  const now = kernel.host.clock.realtime();
  inode.setAttributes({
    ...(atime === UTIME_OMIT ? {} : { atime: atime === UTIME_NOW ? now : atime }),
    ...(mtime === UTIME_OMIT ? {} : { mtime: mtime === UTIME_NOW ? now : mtime }),
  });
  const both = atime !== UTIME_OMIT && mtime !== UTIME_OMIT;
  notify(inode, both ? IN_ATTRIB : mtime === UTIME_OMIT ? IN_ACCESS : IN_MODIFY);
}

export function requireWritable(process: Process, location: Location): void {
  if (location.mount.readOnly) fail(Errno.EROFS);
  if (process.fs.seals) requireUnsealed(process, sealedPath(location));
}

/** A change of owner takes set-user-id and an effective set-group-id away, whoever makes it. */
function withoutSetId({ mode }: Attributes): number {
  const permissions = mode & S_IALLUGO;
  if ((mode & S_IFMT) === S_IFDIR) return permissions;
  return permissions & ~S_ISUID & ((mode & S_IXGRP) !== 0 ? ~S_ISGID : ~0);
}
