/** Error numbers on WASI's wire (WASI preview 1, `errno`), from Linux's; one is private: ENODATA. */
import { wasi } from "@bjorn3/browser_wasi_shim";
import { Errno } from "../../kernel/abi.ts";

/** Not WASI's: end of an attribute or extent list, as the commands' libc knows it. */
const WASI_ENODATA = 78;

const WASI_ERRNO = new Map<number, number>([
  [Errno.E2BIG, wasi.ERRNO_2BIG],
  [Errno.EACCES, wasi.ERRNO_ACCES],
  [Errno.EADDRINUSE, wasi.ERRNO_ADDRINUSE],
  [Errno.EADDRNOTAVAIL, wasi.ERRNO_ADDRNOTAVAIL],
  [Errno.EAFNOSUPPORT, wasi.ERRNO_AFNOSUPPORT],
  [Errno.EAGAIN, wasi.ERRNO_AGAIN],
  [Errno.EALREADY, wasi.ERRNO_ALREADY],
  [Errno.EBADF, wasi.ERRNO_BADF],
  [Errno.EBADMSG, wasi.ERRNO_BADMSG],
  [Errno.EBUSY, wasi.ERRNO_BUSY],
  [Errno.ECANCELED, wasi.ERRNO_CANCELED],
  [Errno.ECHILD, wasi.ERRNO_CHILD],
  [Errno.ECONNABORTED, wasi.ERRNO_CONNABORTED],
  [Errno.ECONNREFUSED, wasi.ERRNO_CONNREFUSED],
  [Errno.ECONNRESET, wasi.ERRNO_CONNRESET],
  [Errno.EDEADLK, wasi.ERRNO_DEADLK],
  [Errno.EDESTADDRREQ, wasi.ERRNO_DESTADDRREQ],
  [Errno.EDOM, wasi.ERRNO_DOM],
  [Errno.EDQUOT, wasi.ERRNO_DQUOT],
  [Errno.EEXIST, wasi.ERRNO_EXIST],
  [Errno.EFAULT, wasi.ERRNO_FAULT],
  [Errno.EFBIG, wasi.ERRNO_FBIG],
  [Errno.EHOSTUNREACH, wasi.ERRNO_HOSTUNREACH],
  [Errno.EILSEQ, wasi.ERRNO_ILSEQ],
  [Errno.EINPROGRESS, wasi.ERRNO_INPROGRESS],
  [Errno.EINTR, wasi.ERRNO_INTR],
  [Errno.EINVAL, wasi.ERRNO_INVAL],
  [Errno.EIO, wasi.ERRNO_IO],
  [Errno.EISCONN, wasi.ERRNO_ISCONN],
  [Errno.EISDIR, wasi.ERRNO_ISDIR],
  [Errno.ELOOP, wasi.ERRNO_LOOP],
  [Errno.EMFILE, wasi.ERRNO_MFILE],
  [Errno.EMLINK, wasi.ERRNO_MLINK],
  [Errno.EMSGSIZE, wasi.ERRNO_MSGSIZE],
  [Errno.ENAMETOOLONG, wasi.ERRNO_NAMETOOLONG],
  [Errno.ENETDOWN, wasi.ERRNO_NETDOWN],
  [Errno.ENETUNREACH, wasi.ERRNO_NETUNREACH],
  [Errno.ENFILE, wasi.ERRNO_NFILE],
  [Errno.ENOBUFS, wasi.ERRNO_NOBUFS],
  [Errno.ENODATA, WASI_ENODATA],
  [Errno.ENODEV, wasi.ERRNO_NODEV],
  [Errno.ENOENT, wasi.ERRNO_NOENT],
  [Errno.ENOEXEC, wasi.ERRNO_NOEXEC],
  [Errno.ENOLCK, wasi.ERRNO_NOLCK],
  [Errno.ENOMEM, wasi.ERRNO_NOMEM],
  [Errno.ENOPROTOOPT, wasi.ERRNO_NOPROTOOPT],
  [Errno.ENOSPC, wasi.ERRNO_NOSPC],
  [Errno.ENOSYS, wasi.ERRNO_NOSYS],
  [Errno.ENOTCONN, wasi.ERRNO_NOTCONN],
  [Errno.ENOTDIR, wasi.ERRNO_NOTDIR],
  [Errno.ENOTEMPTY, wasi.ERRNO_NOTEMPTY],
  [Errno.ENOTSOCK, wasi.ERRNO_NOTSOCK],
  [Errno.ENOTTY, wasi.ERRNO_NOTTY],
  [Errno.ENXIO, wasi.ERRNO_NXIO],
  [Errno.EOPNOTSUPP, wasi.ERRNO_NOTSUP],
  [Errno.EOVERFLOW, wasi.ERRNO_OVERFLOW],
  [Errno.EPERM, wasi.ERRNO_PERM],
  [Errno.EPIPE, wasi.ERRNO_PIPE],
  [Errno.EPROTO, wasi.ERRNO_PROTO],
  [Errno.EPROTONOSUPPORT, wasi.ERRNO_PROTONOSUPPORT],
  [Errno.EPROTOTYPE, wasi.ERRNO_PROTOTYPE],
  [Errno.ERANGE, wasi.ERRNO_RANGE],
  [Errno.EROFS, wasi.ERRNO_ROFS],
  [Errno.ESPIPE, wasi.ERRNO_SPIPE],
  [Errno.ESRCH, wasi.ERRNO_SRCH],
  [Errno.ESTALE, wasi.ERRNO_STALE],
  [Errno.ETIMEDOUT, wasi.ERRNO_TIMEDOUT],
  [Errno.ETXTBSY, wasi.ERRNO_TXTBSY],
  [Errno.EXDEV, wasi.ERRNO_XDEV],
]);

export function wasiErrno(errno: number): number {
  return WASI_ERRNO.get(errno) ?? wasi.ERRNO_IO;
}

/** Those that a host of modules answers by itself. */
export const { ERRNO_FAULT, ERRNO_INVAL, ERRNO_OVERFLOW } = wasi;

const PREFIX = "ERRNO_";

/** ENOENT and so on; undefined where WASI has no such number. */
export function wasiErrnoName(errno: number): string | undefined {
  const found = Object.entries(wasi).find(
    ([name, value]) => name.startsWith(PREFIX) && value === errno,
  );
  return found && `E${found[0].slice(PREFIX.length)}`;
}
