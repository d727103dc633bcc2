/**
 * Error numbers with Linux's names, values (asm-generic) and texts. Inside the kernel an error is its
 * number alone; text is made at the edge.
 */

export const Errno = {
  EPERM: 1,
  ENOENT: 2,
  ESRCH: 3,
  EINTR: 4,
  EIO: 5,
  ENXIO: 6,
  E2BIG: 7,
  ENOEXEC: 8,
  EBADF: 9,
  ECHILD: 10,
  EAGAIN: 11,
  ENOMEM: 12,
  EACCES: 13,
  EFAULT: 14,
  EBUSY: 16,
  EEXIST: 17,
  EXDEV: 18,
  ENODEV: 19,
  ENOTDIR: 20,
  EISDIR: 21,
  EINVAL: 22,
  ENFILE: 23,
  EMFILE: 24,
  ENOTTY: 25,
  ETXTBSY: 26,
  EFBIG: 27,
  ENOSPC: 28,
  ESPIPE: 29,
  EROFS: 30,
  EMLINK: 31,
  EPIPE: 32,
  EDOM: 33,
  ERANGE: 34,
  EDEADLK: 35,
  ENAMETOOLONG: 36,
  ENOLCK: 37,
  ENOSYS: 38,
  ENOTEMPTY: 39,
  ELOOP: 40,
  ENODATA: 61,
  EOVERFLOW: 75,
  EILSEQ: 84,
  EPROTO: 71,
  EBADMSG: 74,
  ENOTSOCK: 88,
  EDESTADDRREQ: 89,
  EMSGSIZE: 90,
  EPROTOTYPE: 91,
  ENOPROTOOPT: 92,
  EPROTONOSUPPORT: 93,
  EOPNOTSUPP: 95,
  EAFNOSUPPORT: 97,
  EADDRINUSE: 98,
  EADDRNOTAVAIL: 99,
  ENETDOWN: 100,
  ENETUNREACH: 101,
  ECONNABORTED: 103,
  ECONNRESET: 104,
  ENOBUFS: 105,
  EISCONN: 106,
  ENOTCONN: 107,
  ESHUTDOWN: 108,
  ETOOMANYREFS: 109,
  ETIMEDOUT: 110,
  ECONNREFUSED: 111,
  EHOSTUNREACH: 113,
  EALREADY: 114,
  EINPROGRESS: 115,
  ESTALE: 116,
  EDQUOT: 122,
  ECANCELED: 125,
} as const;

export type ErrnoName = keyof typeof Errno;
export type Errno = (typeof Errno)[ErrnoName];

/** A system call's failure. Carries no stack: it is an answer, not a fault. */
export class KernelError {
  readonly errno: Errno;
  /** Which rule of the machine's policy says so, for people; only programs of the kernel's see it. */
  readonly reason: string | undefined;

  constructor(errno: Errno, reason?: string) {
    this.errno = errno;
    this.reason = reason;
  }

  get code(): ErrnoName {
    return errnoName(this.errno);
  }
}

/** Ends the system call at hand with `errno`. */
export function fail(errno: Errno): never {
  throw new KernelError(errno);
}

export function errnoName(errno: number): ErrnoName {
  return NAMES.get(errno) ?? "EIO";
}

/** The text of an error, with what the policy says where that refused. */
export function explain({ errno, reason }: KernelError): string {
  return reason === undefined ? strerror(errno) : `${strerror(errno)} (${reason})`;
}

/** The text of `errno` as glibc's strerror words it. */
export function strerror(errno: number): string {
  return TEXTS.get(errno) ?? `Unknown error ${errno}`;
}

const NAMES = new Map(
  Object.entries(Errno).map(([name, errno]) => [errno as number, name as ErrnoName]),
);

const TEXTS = new Map<number, string>([
  [Errno.EPERM, "Operation not permitted"],
  [Errno.ENOENT, "No such file or directory"],
  [Errno.ESRCH, "No such process"],
  [Errno.EINTR, "Interrupted system call"],
  [Errno.EIO, "Input/output error"],
  [Errno.ENXIO, "No such device or address"],
  [Errno.E2BIG, "Argument list too long"],
  [Errno.ENOEXEC, "Exec format error"],
  [Errno.EBADF, "Bad file descriptor"],
  [Errno.ECHILD, "No child processes"],
  [Errno.EAGAIN, "Resource temporarily unavailable"],
  [Errno.ENOMEM, "Cannot allocate memory"],
  [Errno.EACCES, "Permission denied"],
  [Errno.EFAULT, "Bad address"],
  [Errno.EBUSY, "Device or resource busy"],
  [Errno.EEXIST, "File exists"],
  [Errno.EXDEV, "Invalid cross-device link"],
  [Errno.ENODEV, "No such device"],
  [Errno.ENOTDIR, "Not a directory"],
  [Errno.EISDIR, "Is a directory"],
  [Errno.EINVAL, "Invalid argument"],
  [Errno.ENFILE, "Too many open files in system"],
  [Errno.EMFILE, "Too many open files"],
  [Errno.ENOTTY, "Inappropriate ioctl for device"],
  [Errno.ETXTBSY, "Text file busy"],
  [Errno.EFBIG, "File too large"],
  [Errno.ENOSPC, "No space left on device"],
  [Errno.ESPIPE, "Illegal seek"],
  [Errno.EROFS, "Read-only file system"],
  [Errno.EMLINK, "Too many links"],
  [Errno.EPIPE, "Broken pipe"],
  [Errno.EDOM, "Numerical argument out of domain"],
  [Errno.ERANGE, "Numerical result out of range"],
  [Errno.EDEADLK, "Resource deadlock avoided"],
  [Errno.ENAMETOOLONG, "File name too long"],
  [Errno.ENOLCK, "No locks available"],
  [Errno.ENOSYS, "Function not implemented"],
  [Errno.ENOTEMPTY, "Directory not empty"],
  [Errno.ELOOP, "Too many levels of symbolic links"],
  [Errno.ENODATA, "No data available"],
  [Errno.EOVERFLOW, "Value too large for defined data type"],
  [Errno.EILSEQ, "Invalid or incomplete multibyte or wide character"],
  [Errno.EPROTO, "Protocol error"],
  [Errno.EBADMSG, "Bad message"],
  [Errno.ENOTSOCK, "Socket operation on non-socket"],
  [Errno.EDESTADDRREQ, "Destination address required"],
  [Errno.EMSGSIZE, "Message too long"],
  [Errno.EPROTOTYPE, "Protocol wrong type for socket"],
  [Errno.ENOPROTOOPT, "Protocol not available"],
  [Errno.EPROTONOSUPPORT, "Protocol not supported"],
  [Errno.EOPNOTSUPP, "Operation not supported"],
  [Errno.EAFNOSUPPORT, "Address family not supported by protocol"],
  [Errno.EADDRINUSE, "Address already in use"],
  [Errno.EADDRNOTAVAIL, "Cannot assign requested address"],
  [Errno.ENETDOWN, "Network is down"],
  [Errno.ENETUNREACH, "Network is unreachable"],
  [Errno.ECONNABORTED, "Software caused connection abort"],
  [Errno.ECONNRESET, "Connection reset by peer"],
  [Errno.ENOBUFS, "No buffer space available"],
  [Errno.EISCONN, "Transport endpoint is already connected"],
  [Errno.ENOTCONN, "Transport endpoint is not connected"],
  [Errno.ESHUTDOWN, "Cannot send after transport endpoint shutdown"],
  [Errno.ETOOMANYREFS, "Too many references: cannot splice"],
  [Errno.ETIMEDOUT, "Connection timed out"],
  [Errno.ECONNREFUSED, "Connection refused"],
  [Errno.EHOSTUNREACH, "No route to host"],
  [Errno.EALREADY, "Operation already in progress"],
  [Errno.EINPROGRESS, "Operation now in progress"],
  [Errno.ESTALE, "Stale file handle"],
  [Errno.EDQUOT, "Disk quota exceeded"],
  [Errno.ECANCELED, "Operation canceled"],
]);
