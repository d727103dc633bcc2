/** mount(2) and umount2(2): what a guest may lay over its tree. Host folders come by the host alone. */
import { Errno, fail } from "../errno.ts";
import type { Call } from "../syscalls/call.ts";
import {
  AT_FDCWD,
  AT_SYMLINK_NOFOLLOW,
  MNT_DETACH,
  MNT_FORCE,
  MS_BIND,
  MS_REC,
  MS_RELATIME,
  MS_REMOUNT,
  MS_SILENT,
  MS_STRICTATIME,
  S_IFDIR,
  S_IFMT,
  UMOUNT_NOFOLLOW,
} from "./constants.ts";
import { DeviceFileSystem, TerminalFileSystem } from "./dev.ts";
import type { FileSystem } from "./file-system.ts";
import { MemoryFileSystem, type MemoryOptions } from "./memory/file-system.ts";
import { type Location, MOUNT_FLAGS, type Mount } from "./mount-table.ts";
import { ProcFileSystem } from "./proc/file-system.ts";
import { requireFree, requireMovable, requireUnsealed, sealedPath } from "./seals.ts";
import { locate } from "./start.ts";

export function mount(
  call: Call,
  source: string,
  path: string,
  type: string,
  flags: number,
  data: string,
): void {
  if (!call.process.credentials.privileged) fail(Errno.EPERM);
  if ((flags & ~KNOWN) !== 0) fail(Errno.EINVAL);
  const { mounts } = call.kernel;
  const over = locate(call.process, AT_FDCWD, path, 0);
  if ((flags & MS_REMOUNT) === 0) requireFree(call.process, over);
  if ((flags & MS_REMOUNT) !== 0) {
    if (over.inode !== over.mount.root.inode) fail(Errno.EINVAL);
    over.mount.flags = flags & MOUNT_FLAGS;
    return;
  }
  if ((flags & MS_BIND) !== 0) {
    const from = locate(call.process, AT_FDCWD, source, 0);
    if (isDirectory(from) !== isDirectory(over)) fail(Errno.ENOTDIR);
    if (call.process.fs.seals) {
      const source = sealedPath(from);
      requireUnsealed(call.process, source);
      requireMovable(call.process, source, sealedPath(over));
    }
    mounts.bind(from, over, (flags & MS_REC) !== 0);
    return;
  }
  if (!isDirectory(over)) fail(Errno.ENOTDIR);
  const usual = USUAL_PLACES[type];
  if (call.process.fs.seals && usual !== undefined) {
    requireMovable(call.process, usual, sealedPath(over));
  }
  mounts.mount(make(call, type, data), over, source, flags);
}

export function unmount(call: Call, path: string, flags: number): void {
  if ((flags & ~(MNT_FORCE | MNT_DETACH | UMOUNT_NOFOLLOW)) !== 0) fail(Errno.EINVAL);
  if (!call.process.credentials.privileged) fail(Errno.EPERM);
  const follow = (flags & UMOUNT_NOFOLLOW) !== 0 ? AT_SYMLINK_NOFOLLOW : 0;
  const { mount, inode } = locate(call.process, AT_FDCWD, path, follow);
  if (inode !== mount.root.inode) fail(Errno.EINVAL);
  requireFree(call.process, { mount, inode });
  const detach = (flags & MNT_DETACH) !== 0;
  if ((mount.isOpen && !detach) || isInhabited(call, mount)) fail(Errno.EBUSY);
  call.kernel.mounts.unmount(mount);
}

/** Reading always sets atime, which satisfies both of the ways to ask for less or more. */
const KNOWN =
  MOUNT_FLAGS | MS_BIND | MS_REC | MS_REMOUNT | MS_SILENT | MS_RELATIME | MS_STRICTATIME;

/** What is sealed there is sealed wherever else such a file system appears. */
const USUAL_PLACES: Readonly<Record<string, string>> = {
  proc: "/proc",
  devtmpfs: "/dev",
  devpts: "/dev/pts",
};

function isDirectory({ inode }: Location): boolean {
  return (inode.attributes().mode & S_IFMT) === S_IFDIR;
}

/** It has somebody's root or working directory. */
function isInhabited({ kernel }: Call, mount: Mount): boolean {
  return kernel.processes.all().some(({ fs }) => fs.root.mount === mount || fs.cwd.mount === mount);
}

function make({ kernel }: Call, type: string, data: string): FileSystem {
  switch (type) {
    case "tmpfs":
    case "ramfs":
      return new MemoryFileSystem({ mode: 0o1777, ...parseOptions(data) });
    case "proc":
      return new ProcFileSystem(kernel);
    case "devtmpfs":
      return new DeviceFileSystem();
    case "devpts":
      return new TerminalFileSystem(kernel);
    default:
      return fail(Errno.ENODEV);
  }
}

/** `size=64m,mode=700,uid=1000,nr_inodes=1k` (tmpfs(5)). */
function parseOptions(data: string): MemoryOptions {
  let options: MemoryOptions = {};
  for (const part of data.split(",")) {
    if (part === "") continue;
    const [key, value = ""] = part.split("=", 2) as [string, string?];
    switch (key) {
      case "size":
        options = { ...options, memory: parseSize(value) };
        break;
      case "nr_inodes":
        options = { ...options, inodes: parseSize(value) };
        break;
      case "mode":
        options = { ...options, mode: parseNumber(value, 8) & 0o7777 };
        break;
      case "uid":
        options = { ...options, uid: parseNumber(value, 10) };
        break;
      case "gid":
        options = { ...options, gid: parseNumber(value, 10) };
        break;
      default:
        fail(Errno.EINVAL);
    }
  }
  return options;
}

function parseSize(text: string): number {
  const [, digits, unit] = /^(\d+)([kmg]?)$/i.exec(text) ?? fail(Errno.EINVAL);
  const shift = { "": 1, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30 }[(unit as string).toLowerCase()];
  return Number(digits) * (shift as number);
}

function parseNumber(text: string, radix: number): number {
  if (!(radix === 8 ? /^[0-7]+$/ : /^\d+$/).test(text)) fail(Errno.EINVAL);
  return Number.parseInt(text, radix);
}
