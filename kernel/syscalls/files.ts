/** Calls on open files that are more than bytes through a descriptor: metadata, length, listing. */
import { Errno, fail } from "../errno.ts";
import { O_PATH } from "../fd/flags.ts";
import type { OpenFile } from "../fd/open-file.ts";
import { changeMode, changeOwner, changeTimes } from "../vfs/attributes.ts";
import type { Location } from "../vfs/mount-table.ts";
import { shownNames } from "../vfs/seals.ts";
import { sleepFor } from "../wait/sleep.ts";
import type { Call } from "./call.ts";
import type { Handlers } from "./handlers.ts";

export const fileCalls: Handlers<
  | "fstat"
  | "fstatfs"
  | "ftruncate"
  | "fallocate"
  | "fsync"
  | "fdatasync"
  | "fchmod"
  | "fchown"
  | "futimens"
  | "getdents64"
  | "sync"
> = {
  fstat: (call, fd) => call.process.fds.get(fd).stat(),

  fstatfs: (call, fd) => call.process.fds.get(fd).statfs(),

  ftruncate(call, fd, length) {
    const file = openFile(call, fd);
    if (!Number.isSafeInteger(length)) fail(Errno.EINVAL);
    file.truncate(call, length);
  },

  fallocate(call, fd, mode, offset, length) {
    const file = openFile(call, fd);
    if (!Number.isSafeInteger(offset) || !Number.isSafeInteger(length)) fail(Errno.EINVAL);
    file.allocate(call, mode, offset, length);
  },

  fsync(call, fd) {
    finish(call, () => openFile(call, fd).sync(false));
  },

  fdatasync(call, fd) {
    finish(call, () => openFile(call, fd).sync(true));
  },

  fchmod(call, fd, mode) {
    changeMode(call.process, placeOf(call, fd), mode);
  },

  fchown(call, fd, uid, gid) {
    changeOwner(call.process, placeOf(call, fd), uid, gid);
  },

  futimens(call, fd, atime, mtime) {
    changeTimes(call, placeOf(call, fd), atime, mtime);
  },

  getdents64(call, fd, size) {
    const file = openFile(call, fd);
    const { location } = file;
    return file.readDirectory(size, location && shownNames(call.process, location));
  },

  sync(call) {
    finish(call, () => call.kernel.mounts.sync());
  },
};

const FINISHED = Symbol("what the call waited for is done");

/** Starts `work` once, and sleeps until it is done. */
function finish(call: Call, work: () => void | Promise<void>): void {
  if (call.state === FINISHED) return;
  const wait = work();
  if (!wait) return;
  call.state = FINISHED;
  sleepFor(wait);
}

/** The open file behind `fd`; EBADF for one that only names a place (O_PATH). */
function openFile(call: Call, fd: number): OpenFile {
  const file = call.process.fds.get(fd);
  return (file.flags & O_PATH) === 0 ? file : fail(Errno.EBADF);
}

/** Where the open file stands; EINVAL for what has no place in the tree, such as a pipe. */
function placeOf(call: Call, fd: number): Location {
  return openFile(call, fd).location ?? fail(Errno.EINVAL);
}
