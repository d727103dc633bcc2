/** Advisory locks: of record ranges (fcntl(2)) and of whole files (flock(2)). */
import { Errno, fail } from "../errno.ts";
import { isReadable, isWritable, O_PATH, SEEK_CUR, SEEK_END, SEEK_SET } from "../fd/flags.ts";
import type { OpenFile } from "../fd/open-file.ts";
import { OFFSET_MAX } from "../limits.ts";
import {
  F_GETLK,
  F_OFD_GETLK,
  F_OFD_SETLK,
  F_OFD_SETLKW,
  F_RDLCK,
  F_SETLK,
  F_SETLKW,
  F_UNLCK,
  F_WRLCK,
  LOCK_EX,
  LOCK_NB,
  LOCK_SH,
  LOCK_UN,
} from "../vfs/constants.ts";
import type { Inode } from "../vfs/file-system.ts";
import { locksOf, type RecordLock } from "../vfs/locks/inode-locks.ts";
import type { Call } from "./call.ts";
import type { Handlers } from "./handlers.ts";
import type { Flock } from "./types.ts";

export const lockCalls: Handlers<"fcntl_lock" | "flock"> = {
  fcntl_lock(call, fd, command, lock) {
    const file = lockable(call, fd);
    const inode = file.location?.inode ?? fail(Errno.EBADF);
    const isDescription = command >= F_OFD_GETLK && command <= F_OFD_SETLKW;
    if (isDescription && lock.pid !== 0) fail(Errno.EINVAL);
    if (lock.type < F_RDLCK || lock.type > F_UNLCK) fail(Errno.EINVAL);
    const wanted: RecordLock = {
      ...rangeOf(file, lock),
      owner: isDescription ? file : call.process,
      pid: isDescription ? -1 : call.process.pid,
      exclusive: lock.type === F_WRLCK,
    };
    switch (command) {
      case F_GETLK:
      case F_OFD_GETLK:
        if (lock.type === F_UNLCK) fail(Errno.EINVAL);
        return describe(lock, inode.locks?.conflict(wanted));
      case F_SETLK:
      case F_OFD_SETLK:
        setLock(call, file, inode, lock, wanted, false);
        return lock;
      case F_SETLKW:
      case F_OFD_SETLKW:
        setLock(call, file, inode, lock, wanted, true);
        return lock;
      default:
        return fail(Errno.EINVAL);
    }
  },

  flock(call, fd, operation) {
    const file = lockable(call, fd);
    const { inode } = file.location ?? fail(Errno.EBADF);
    const kind = operation & ~LOCK_NB;
    if (kind === LOCK_UN) {
      inode.locks?.unflock(file);
      return;
    }
    if (kind !== LOCK_SH && kind !== LOCK_EX) fail(Errno.EINVAL);
    const locks = locksOf(inode);
    if (!locks.flock(file, kind === LOCK_EX))
      call.block(locks.released, (operation & LOCK_NB) !== 0);
  },
};

function lockable(call: Call, fd: number): OpenFile {
  const file = call.file ?? call.process.fds.get(fd);
  if ((file.flags & O_PATH) !== 0) fail(Errno.EBADF);
  call.file = file;
  return file;
}

function setLock(
  call: Call,
  file: OpenFile,
  inode: Inode,
  { type }: Flock,
  wanted: RecordLock,
  waits: boolean,
): void {
  if (type === F_UNLCK) {
    inode.locks?.clear(wanted);
    return;
  }
  if (!(type === F_RDLCK ? isReadable(file.flags) : isWritable(file.flags))) fail(Errno.EBADF);
  const locks = locksOf(inode);
  const conflict = locks.conflict(wanted);
  if (!conflict) {
    locks.set(wanted);
    return;
  }
  const { lockWaits } = call.kernel.mounts;
  lockWaits.end(call.process);
  if (waits && wanted.owner === call.process) {
    lockWaits.begin(call.process, conflict.owner);
    call.onEnd = () => lockWaits.end(call.process);
  }
  call.block(locks.released, !waits);
}

function rangeOf(file: OpenFile, lock: Flock): { start: number; end: number } {
  if (!Number.isSafeInteger(lock.start) || !Number.isSafeInteger(lock.length)) fail(Errno.EINVAL);
  const first = baseOf(file, lock.whence) + lock.start;
  const [start, end] =
    lock.length < 0 ? [first + lock.length, first] : [first, first + lock.length];
  if (start < 0) fail(Errno.EINVAL);
  if (end > OFFSET_MAX + 1) fail(Errno.EOVERFLOW);
  return { start, end: lock.length === 0 ? Number.POSITIVE_INFINITY : end };
}

function baseOf(file: OpenFile, whence: number): number {
  switch (whence) {
    case SEEK_SET:
      return 0;
    case SEEK_CUR:
      return file.seek(0, SEEK_CUR);
    case SEEK_END:
      return file.stat().size;
    default:
      return fail(Errno.EINVAL);
  }
}

/** What F_GETLK answers: the lock that is in the way, or that there is none. */
function describe(asked: Flock, found: RecordLock | undefined): Flock {
  if (!found) return { ...asked, type: F_UNLCK };
  return {
    type: found.exclusive ? F_WRLCK : F_RDLCK,
    whence: SEEK_SET,
    start: found.start,
    length: found.end === Number.POSITIVE_INFINITY ? 0 : found.end - found.start,
    pid: found.pid,
  };
}
