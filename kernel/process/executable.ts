/** The file that exec runs: found by path, allowed to run, and read through the VFS. */
import { Errno, fail } from "../errno.ts";
import { O_RDONLY } from "../fd/flags.ts";
import type { Call } from "../syscalls/call.ts";
import {
  MS_NOEXEC,
  MS_NOSUID,
  S_IFMT,
  S_IFREG,
  S_ISGID,
  S_ISUID,
  S_IXGRP,
  X_OK,
} from "../vfs/constants.ts";
import type { Attributes, Inode } from "../vfs/file-system.ts";
import type { Mount } from "../vfs/mount-table.ts";
import { describe, pathOf } from "../vfs/path-of.ts";
import { allows } from "../vfs/permission.ts";
import { Walk } from "../vfs/walk.ts";
import type { Credentials } from "./credentials.ts";
import type { ExecutableFile } from "./program.ts";

export interface Executable extends ExecutableFile {
  /** Its path for the machine, whatever the process takes for its root. */
  readonly wholePath: string;
  /** Its first `length` bytes, or all. */
  head(length: number): Uint8Array;
  /** The caller's credentials after it ran set-user-ID and set-group-ID. */
  readonly credentials: Credentials;
}

/** EACCES for what is no regular file or may not be run, as Linux has it for directories too. */
export function locateExecutable({ kernel, process }: Call, path: string): Executable {
  const walk = new Walk(process, process.fs.cwd);
  walk.to(path, true);
  const { inode, mount } = walk;
  const attributes = inode.attributes();
  if ((attributes.mode & S_IFMT) !== S_IFREG) fail(Errno.EACCES);
  if ((mount.flags & MS_NOEXEC) !== 0) fail(Errno.EACCES);
  if (!allows(attributes, process.credentials, X_OK)) fail(Errno.EACCES);
  const isWhole = process.fs.root.inode === kernel.mounts.root.root.inode;
  const seen = pathOf(walk.location, process.fs.root);
  return {
    path: seen ?? path,
    wholePath:
      isWhole && seen !== undefined ? seen : describe(walk.location, kernel.mounts.root.root),
    size: attributes.size,
    digest: inode.digest,
    inode,
    version: inode.version,
    credentials: executed(process.credentials, attributes, mount),
    head: (length) => read(inode, Math.min(length, attributes.size)),
    read: () => read(inode, attributes.size),
  };
}

function read(inode: Inode, size: number): Uint8Array {
  const bytes = new Uint8Array(size);
  const handle = inode.open(O_RDONLY);
  try {
    let at = 0;
    while (at < size) {
      const count = handle.read(bytes.subarray(at), at);
      if (count === 0) break;
      at += count;
    }
    return at === size ? bytes : bytes.subarray(0, at);
  } finally {
    handle.close();
  }
}

/** credentials(7): saved ids follow the effective ones, and privilege is root's alone from here on. */
function executed(old: Credentials, file: Attributes, mount: Mount): Credentials {
  const switches = (mount.flags & MS_NOSUID) === 0;
  const setsUser = switches && (file.mode & S_ISUID) !== 0;
  const setsGroup = switches && (file.mode & (S_ISGID | S_IXGRP)) === (S_ISGID | S_IXGRP);
  const euid = setsUser ? file.uid : old.euid;
  const egid = setsGroup ? file.gid : old.egid;
  return { ...old, euid, suid: euid, egid, sgid: egid, privileged: euid === 0 };
}
