/** Descriptors and the bytes that go through them. read and write are the kernel's hottest calls. */
import { Errno, fail } from "../errno.ts";
import {
  CLOSE_RANGE_CLOEXEC,
  CLOSE_RANGE_UNSHARE,
  F_DUPFD,
  F_DUPFD_CLOEXEC,
  F_GETFD,
  F_GETFL,
  F_GETPIPE_SZ,
  F_SETFD,
  F_SETFL,
  F_SETPIPE_SZ,
  FD_CLOEXEC,
  O_ACCMODE,
  O_APPEND,
  O_ASYNC,
  O_CLOEXEC,
  O_CREAT,
  O_DIRECT,
  O_EXCL,
  O_NOATIME,
  O_NOCTTY,
  O_NONBLOCK,
  O_PATH,
  O_RDONLY,
  O_TRUNC,
  O_WRONLY,
  RWF_NOWAIT,
  SEEK_HOLE,
} from "../fd/flags.ts";
import type { OpenFile } from "../fd/open-file.ts";
import { RW_MAX } from "../limits.ts";
import type { Pipe } from "../pipes/pipe.ts";
import { makePipe, PipeFile } from "../pipes/pipe-file.ts";
import { isSleep } from "../wait/sleep.ts";
import type { Call } from "./call.ts";
import type { Handlers } from "./handlers.ts";

export const descriptorCalls: Handlers<
  | "read"
  | "write"
  | "pread64"
  | "pwrite64"
  | "preadv2"
  | "pwritev2"
  | "lseek"
  | "close"
  | "close_range"
  | "dup"
  | "dup3"
  | "fcntl"
  | "pipe2"
  | "fionread"
> = {
  read(call, fd, buffer) {
    const file = call.file ?? readable(call, fd);
    return file.read(call, atMost(buffer), undefined);
  },

  write(call, fd, data) {
    const file = call.file ?? writable(call, fd);
    return file.write(call, atMost(data), undefined);
  },

  pread64(call, fd, buffer, offset) {
    const file = call.file ?? readable(call, fd);
    if (!isOffset(offset) || offset < 0) fail(Errno.EINVAL);
    return file.read(call, atMost(buffer), offset);
  },

  pwrite64(call, fd, data, offset) {
    const file = call.file ?? writable(call, fd);
    if (!isOffset(offset) || offset < 0) fail(Errno.EINVAL);
    return file.write(call, atMost(data), offset);
  },

  preadv2(call, fd, buffer, offset, flags) {
    const file = call.file ?? readable(call, fd);
    const position = positionOf(offset, flags);
    if ((flags & RWF_NOWAIT) === 0) return file.read(call, atMost(buffer), position);
    return atOnce(call, () => file.read(call, atMost(buffer), position));
  },

  pwritev2(call, fd, data, offset, flags) {
    const file = call.file ?? writable(call, fd);
    const position = positionOf(offset, flags);
    if ((flags & RWF_NOWAIT) === 0) return file.write(call, atMost(data), position);
    return atOnce(call, () => file.write(call, atMost(data), position));
  },

  lseek(call, fd, offset, whence) {
    const file = open(call, fd);
    if (!isOffset(offset) || whence > SEEK_HOLE) fail(Errno.EINVAL);
    return file.seek(offset, whence);
  },

  close(call, fd) {
    call.process.fds.close(fd);
  },

  close_range(call, first, last, flags) {
    if (first > last || (flags & ~(CLOSE_RANGE_UNSHARE | CLOSE_RANGE_CLOEXEC)) !== 0) {
      fail(Errno.EINVAL);
    }
    const { fds } = call.process;
    for (const fd of fds.numbers()) {
      if (fd < first || fd > last) continue;
      if ((flags & CLOSE_RANGE_CLOEXEC) !== 0) fds.setCloseOnExec(fd, true);
      else fds.close(fd);
    }
  },

  dup(call, fd) {
    const { fds } = call.process;
    return fds.install(fds.get(fd), false);
  },

  dup3(call, fd, newfd, flags) {
    const { fds } = call.process;
    if (fd === newfd || (flags & ~O_CLOEXEC) !== 0) fail(Errno.EINVAL);
    fds.replace(newfd, fds.get(fd), (flags & O_CLOEXEC) !== 0);
    return newfd;
  },

  fcntl(call, fd, command, argument) {
    const { fds } = call.process;
    const file = fds.get(fd);
    switch (command) {
      case F_DUPFD:
      case F_DUPFD_CLOEXEC:
        if (!(argument >= 0 && argument < fds.limit)) fail(Errno.EINVAL);
        return fds.install(file, command === F_DUPFD_CLOEXEC, Math.trunc(argument));
      case F_GETFD:
        return fds.closesOnExec(fd) ? FD_CLOEXEC : 0;
      case F_SETFD:
        fds.setCloseOnExec(fd, (argument & FD_CLOEXEC) !== 0);
        return 0;
      case F_GETFL:
        return file.flags & ~ONLY_AT_OPEN;
      case F_SETFL:
        if ((file.flags & O_PATH) !== 0) fail(Errno.EBADF);
        file.flags = (file.flags & ~CHANGEABLE) | (argument & CHANGEABLE);
        call.kernel.flagsVersion++;
        return 0;
      case F_GETPIPE_SZ:
        return pipeOf(file).pipe.capacity;
      case F_SETPIPE_SZ:
        return resizePipe(call, pipeOf(file).pipe, argument);
      default:
        return fail(Errno.EINVAL);
    }
  },

  pipe2(call, flags) {
    if ((flags & ~(O_CLOEXEC | O_NONBLOCK)) !== 0) fail(Errno.EINVAL);
    const { fds } = call.process;
    const status = flags & O_NONBLOCK;
    const closeOnExec = (flags & O_CLOEXEC) !== 0;
    const [reader, writer] = makePipe(call.kernel, call.process, status);
    // Held meanwhile, so that an end that gets no number is closed.
    writer.acquire();
    let readFd = -1;
    try {
      readFd = fds.install(reader, closeOnExec);
      return [readFd, fds.install(writer, closeOnExec)];
    } catch (reason) {
      if (readFd >= 0) fds.close(readFd);
      throw reason;
    } finally {
      writer.release();
    }
  },

  fionread(call, fd) {
    return open(call, fd).readable();
  },
};

/** What fcntl may change of an open description's flags (F_SETFL). */
const CHANGEABLE = O_APPEND | O_NONBLOCK | O_ASYNC | O_DIRECT | O_NOATIME;
const ONLY_AT_OPEN = O_CREAT | O_EXCL | O_NOCTTY | O_TRUNC | O_CLOEXEC;

/** The open file behind `fd`; EBADF for one that only names a place (O_PATH). */
function open(call: Call, fd: number): OpenFile {
  const file = call.process.fds.get(fd);
  if ((file.flags & O_PATH) !== 0) fail(Errno.EBADF);
  return file;
}

function readable(call: Call, fd: number): OpenFile {
  const file = call.process.fds.get(fd);
  if ((file.flags & O_ACCMODE) === O_WRONLY || (file.flags & O_PATH) !== 0) fail(Errno.EBADF);
  call.file = file;
  return file;
}

function writable(call: Call, fd: number): OpenFile {
  const file = call.process.fds.get(fd);
  if ((file.flags & O_ACCMODE) === O_RDONLY || (file.flags & O_PATH) !== 0) fail(Errno.EBADF);
  call.file = file;
  return file;
}

function atMost(buffer: Uint8Array): Uint8Array {
  return buffer.length <= RW_MAX ? buffer : buffer.subarray(0, RW_MAX);
}

function isOffset(offset: number): boolean {
  return Number.isSafeInteger(offset);
}

/** The offset of preadv2(2), whose -1 is the current one. */
function positionOf(offset: number, flags: number): number | undefined {
  if ((flags & ~RWF_NOWAIT) !== 0) fail(Errno.EOPNOTSUPP);
  if (!isOffset(offset) || offset < -1) fail(Errno.EINVAL);
  return offset === -1 ? undefined : offset;
}

/** What `work` moves without waiting for others; a driver's fetch is not such a wait. */
function atOnce(call: Call, work: () => number): number {
  let count = 0;
  try {
    count = work();
    if (!call.takeSleep()) return count;
  } catch (reason) {
    if (!isSleep(reason) || reason.promise) throw reason;
  }
  return typeof call.partial === "number" ? call.partial : fail(Errno.EAGAIN);
}

function resizePipe({ kernel, process }: Call, pipe: Pipe, size: number): number {
  return kernel.pipes.resize(pipe, size, process.credentials.privileged);
}

function pipeOf(file: OpenFile): PipeFile {
  return file instanceof PipeFile ? file : fail(Errno.EBADF);
}
