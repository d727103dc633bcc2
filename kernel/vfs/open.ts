/** open(2): finding or making the file, what the caller may do with it, and the right kind of open file. */
import { Errno, fail } from "../errno.ts";
import {
  isReadable,
  isWritable,
  O_ACCMODE,
  O_CLOEXEC,
  O_CREAT,
  O_DIRECTORY,
  O_EXCL,
  O_NOATIME,
  O_NOCTTY,
  O_NOFOLLOW,
  O_PATH,
  O_TMPFILE,
  O_TRUNC,
} from "../fd/flags.ts";
import type { OpenFile } from "../fd/open-file.ts";
import { openFifo, resumeFifo } from "../pipes/fifo.ts";
import type { Call } from "../syscalls/call.ts";
import { isSleep } from "../wait/sleep.ts";
import { requireWritable } from "./attributes.ts";
import {
  MS_NODEV,
  R_OK,
  S_IALLUGO,
  S_IFBLK,
  S_IFCHR,
  S_IFDIR,
  S_IFIFO,
  S_IFLNK,
  S_IFMT,
  S_IFREG,
  W_OK,
} from "./constants.ts";
import { openDevice } from "./devices.ts";
import { InodeFile, statOf } from "./inode-file.ts";
import { IN_CREATE, IN_MODIFY, IN_OPEN } from "./inotify/constants.ts";
import { notify, notifyEntry } from "./inotify/watches.ts";
import type { Location } from "./mount-table.ts";
import { newInode, requireCreation } from "./new-inode.ts";
import { OpenFileInode } from "./open-file-inode.ts";
import { PathFile } from "./path-file.ts";
import { require, requireOwner } from "./permission.ts";
import { joined } from "./seals.ts";
import { startOf } from "./start.ts";
import { Walk } from "./walk.ts";

/** How rules know a file that has no name yet: by its directory. */
const UNNAMED = "#unnamed";

/** Flags that act at opening and leave no trace in the description. */
const ONCE = O_CREAT | O_EXCL | O_TRUNC | O_NOCTTY | O_CLOEXEC;

export function open(
  call: Call,
  dirfd: number,
  path: string,
  flags: number,
  mode: number,
): OpenFile {
  const resumed = resumeFifo(call);
  if (resumed) return resumed;
  checkFlags(flags);
  const start = startOf(call.process, dirfd, path);
  const walk = new Walk(call.process, start);
  if ((flags & O_PATH) !== 0) return openPath(walk, path, flags);
  if ((flags & O_TMPFILE) === O_TMPFILE) return openUnnamed(call, walk, path, flags, mode);
  if ((flags & O_CREAT) !== 0) return openOrCreate(call, walk, path, flags, mode);
  walk.to(path, (flags & O_NOFOLLOW) === 0);
  return openExisting(call, walk.location, flags);
}

/** Opens what is at `location`, with the access that `flags` ask for. */
export function openExisting(call: Call, location: Location, flags: number): OpenFile {
  const { mount, inode } = location;
  if (inode instanceof OpenFileInode) return inode.reopen(call, flags);
  const file = inode.attributes();
  const { credentials } = call.process;
  const type = file.mode & S_IFMT;
  const writes = isWritable(flags) || (flags & O_TRUNC) !== 0;
  const isData = type === S_IFREG || type === S_IFDIR;
  if ((flags & O_DIRECTORY) !== 0 && type !== S_IFDIR) fail(Errno.ENOTDIR);
  if (type === S_IFLNK) fail(Errno.ELOOP);
  if (type === S_IFDIR && writes) fail(Errno.EISDIR);
  const isDevice = type === S_IFCHR || type === S_IFBLK;
  if (isDevice && (mount.flags & MS_NODEV) !== 0) fail(Errno.EACCES);
  if (writes && isData) requireWritable(call.process, location);
  require(file, credentials, (isReadable(flags) ? R_OK : 0) | (writes ? W_OK : 0));
  if ((flags & O_NOATIME) !== 0) requireOwner(file, credentials);
  return openInode(call, location, flags);
}

/** Opens without asking who may: for a file that was just made, too. */
function openInode(call: Call, location: Location, flags: number): OpenFile {
  const kept = flags & ~ONCE;
  const { mode } = location.inode.attributes();
  switch (mode & S_IFMT) {
    case S_IFREG:
    case S_IFDIR:
      return openData(location, flags, kept);
    case S_IFIFO:
      return openPipe(call, location, kept);
    case S_IFCHR:
    case S_IFBLK:
      return openDevice(call, location, flags);
    default:
      return fail(Errno.ENXIO);
  }
}

function openData(location: Location, flags: number, kept: number): InodeFile {
  const handle = location.inode.open(flags);
  try {
    if ((flags & O_TRUNC) !== 0) {
      handle.truncate(0);
      notify(location.inode, IN_MODIFY);
    }
    const file = new InodeFile(location, kept, handle);
    notify(location.inode, IN_OPEN);
    return file;
  } catch (reason) {
    handle.close();
    throw reason;
  }
}

/** Counts in its mount from the first attempt on, since the end that waits for the other side is open. */
function openPipe(call: Call, location: Location, flags: number): OpenFile {
  const { mount, inode } = location;
  const describe = () => statOf(inode.attributes(), mount);
  mount.opened();
  try {
    return openFifo(call, inode, flags, describe, () => mount.closed(), location);
  } catch (reason) {
    if (!isSleep(reason)) mount.closed();
    throw reason;
  }
}

function openPath(walk: Walk, path: string, flags: number): PathFile {
  walk.to(path, (flags & O_NOFOLLOW) === 0);
  const { inode } = walk;
  const isDirectory = (inode.attributes().mode & S_IFMT) === S_IFDIR;
  if ((flags & O_DIRECTORY) !== 0 && !isDirectory) fail(Errno.ENOTDIR);
  return new PathFile(walk.location, flags & (O_PATH | O_DIRECTORY | O_NOFOLLOW));
}

function openUnnamed(call: Call, walk: Walk, path: string, flags: number, mode: number): OpenFile {
  if (!isWritable(flags)) fail(Errno.EINVAL);
  walk.to(path, true);
  const { mount, inode, path: directory } = walk.location;
  const place = directory === undefined ? undefined : joined(directory, UNNAMED);
  requireCreation(call.process, mount, inode, place);
  const init = newInode(call.process, inode.attributes(), S_IFREG | (mode & S_IALLUGO));
  const file = inode.createUnnamed(init);
  file.parent = inode;
  // With O_EXCL it can never be linked: it has had its name.
  if ((flags & O_EXCL) !== 0) file.name = `#${file.attributes().ino}`;
  return openInode(call, { mount, inode: file, path: place }, flags & ~O_TMPFILE);
}

function openOrCreate(call: Call, walk: Walk, path: string, flags: number, mode: number): OpenFile {
  if ((flags & O_DIRECTORY) !== 0) fail(Errno.EINVAL);
  walk.toParent(path);
  for (;;) {
    if (walk.trailingSlash) fail(Errno.EISDIR);
    const found = walk.child();
    if (!found) return create(call, walk, flags, mode);
    const type = found.inode.attributes().mode & S_IFMT;
    if ((flags & O_EXCL) !== 0) fail(Errno.EEXIST);
    if (type === S_IFLNK && (flags & O_NOFOLLOW) === 0) {
      walk.toParentThrough(found.inode);
      continue;
    }
    if (type === S_IFDIR) fail(Errno.EISDIR);
    return openExisting(call, found, flags);
  }
}

function create(call: Call, walk: Walk, flags: number, mode: number): OpenFile {
  const { mount, inode, name, childPath: path } = walk;
  requireCreation(call.process, mount, inode, path);
  const init = newInode(call.process, inode.attributes(), S_IFREG | (mode & S_IALLUGO));
  const file = inode.create(name, init);
  notifyEntry(inode, name, IN_CREATE);
  return openInode(call, { mount, inode: file, path }, flags & ~O_TRUNC);
}

function checkFlags(flags: number): void {
  if ((flags & O_ACCMODE) === O_ACCMODE) fail(Errno.EINVAL);
}
