/**
 * The system-call table: the one list from which dispatch, guest stubs, strace, fuzzers and the
 * reference page are derived. Names, arguments and errors are Linux's wherever Linux has the call; a
 * call of our own says so. Numbers are ours and dense. A handler of the same name stands in one of the
 * files beside this one.
 */
import {
  array,
  bytes,
  type Codec,
  f64,
  i32,
  i64,
  nothing,
  optional,
  out,
  str,
  u32,
  u64,
} from "./codec.ts";
import * as t from "./types.ts";

export interface Parameter<T> {
  readonly name: string;
  readonly codec: Codec<T>;
}

/** What a call needs besides its arguments; a process can give classes up but never regain them. */
export type Capability = "basic" | "read" | "write" | "process" | "network" | "terminal" | "admin";

export interface Definition<A extends readonly unknown[] = readonly unknown[], R = unknown> {
  readonly number: number;
  readonly capability: Capability;
  readonly parameters: { readonly [K in keyof A]: Parameter<A[K]> };
  readonly result: Codec<R>;
  /** True where a caught signal with SA_RESTART makes the kernel start the call again (signal(7)). */
  readonly restarts: boolean;
  /** One line for the reference page. */
  readonly doc: string;
}

let next = 0;

function call<A extends readonly unknown[], R>(
  capability: Capability,
  parameters: readonly [...{ [K in keyof A]: Parameter<A[K]> }],
  result: Codec<R>,
  doc: string,
  restarts = true,
): Definition<A, R> {
  return { number: next++, capability, parameters: parameters as never, result, restarts, doc };
}

function p<T>(name: string, codec: Codec<T>): Parameter<T> {
  return { name, codec };
}

const fd = p("fd", i32);
const pid = p("pid", i32);
const path = p("path", str);
const dirfd = p("dirfd", i32);
const flags = p("flags", u32);
const mode = p("mode", u32);
const signal = p("signal", i32);

export const syscalls = {
  // Open files
  read: call(
    "basic",
    [fd, p("buffer", out)],
    u32,
    "Read from the current offset; 0 at end of file",
  ),
  write: call(
    "basic",
    [fd, p("data", bytes)],
    u32,
    "Write at the current offset (O_APPEND: the end)",
  ),
  pread64: call("basic", [fd, p("buffer", out), p("offset", f64)], u32, "Read at an offset"),
  pwrite64: call("basic", [fd, p("data", bytes), p("offset", f64)], u32, "Write at an offset"),
  preadv2: call(
    "basic",
    [fd, p("buffer", out), p("offset", f64), flags],
    u32,
    "Read at an offset, or at the current one (-1); RWF_NOWAIT fails with EAGAIN instead of waiting",
  ),
  pwritev2: call(
    "basic",
    [fd, p("data", bytes), p("offset", f64), flags],
    u32,
    "Write at an offset, or at the current one (-1); RWF_NOWAIT fails with EAGAIN instead of waiting",
  ),
  lseek: call(
    "basic",
    [fd, p("offset", f64), p("whence", u32)],
    f64,
    "Move the offset (SEEK_SET, CUR, END, DATA, HOLE)",
  ),
  close: call("basic", [fd], nothing, "Close a descriptor"),
  close_range: call(
    "basic",
    [p("first", u32), p("last", u32), flags],
    nothing,
    "Close descriptors first..last",
  ),
  dup: call("basic", [fd], i32, "Duplicate on the lowest free number"),
  dup3: call(
    "basic",
    [fd, p("newfd", i32), flags],
    i32,
    "Duplicate on newfd (O_CLOEXEC); equal numbers are EINVAL",
  ),
  fcntl: call(
    "basic",
    [fd, p("command", u32), p("argument", f64)],
    f64,
    "F_DUPFD, F_GETFD/SETFD, F_GETFL/SETFL, F_GETPIPE_SZ/SETPIPE_SZ",
  ),
  fcntl_lock: call(
    "basic",
    [fd, p("command", u32), p("lock", t.flockRecord)],
    t.flockRecord,
    "Record locks: F_GETLK, F_SETLK, F_SETLKW and their OFD forms",
  ),
  flock: call(
    "basic",
    [fd, p("operation", u32)],
    nothing,
    "Whole-file lock of the open file description",
  ),
  pipe2: call("basic", [flags], array(i32), "Make a pipe: [read end, write end]"),
  ppoll: call(
    "basic",
    [p("fds", array(t.pollFd)), p("timeout", optional(i64)), p("mask", optional(u64))],
    array(u32),
    "Wait for events; one revents per entry, in order",
    false,
  ),
  fstat: call("basic", [fd], t.stat, "Metadata of an open file"),
  fstatfs: call("basic", [fd], t.statFs, "Size and use of the file system of an open file"),
  ftruncate: call("write", [fd, p("length", f64)], nothing, "Set the length of an open file"),
  fallocate: call(
    "write",
    [fd, mode, p("offset", f64), p("length", f64)],
    nothing,
    "Allocate, punch, zero, collapse or insert a range",
  ),
  fsync: call("write", [fd], nothing, "Make data and metadata durable"),
  fdatasync: call("write", [fd], nothing, "Make data durable"),
  fchmod: call("write", [fd, mode], nothing, "Change permission bits of an open file"),
  fchown: call("write", [fd, p("uid", i32), p("gid", i32)], nothing, "Change owner; -1 keeps"),
  futimens: call(
    "write",
    [fd, p("atime", i64), p("mtime", i64)],
    nothing,
    "Set times; UTIME_NOW and UTIME_OMIT as in types",
  ),
  getdents64: call(
    "read",
    [fd, p("size", u32)],
    array(t.directoryEntry),
    "Next directory entries, at most about `size` bytes; empty at the end",
  ),

  // Paths. dirfd AT_FDCWD is the working directory
  openat: call(
    "read",
    [dirfd, path, flags, mode],
    i32,
    "Open or create; O_ flags are Linux's x86 values",
  ),
  openstat: call(
    "read",
    [dirfd, path, flags, mode],
    t.openedFile,
    "Own call: openat and fstat of what it opened",
  ),
  newfstatat: call(
    "read",
    [dirfd, path, flags],
    t.stat,
    "Metadata by path (AT_SYMLINK_NOFOLLOW, AT_EMPTY_PATH)",
  ),
  faccessat2: call(
    "read",
    [dirfd, path, mode, flags],
    nothing,
    "Check access as the real user (AT_EACCESS: the effective)",
  ),
  readlinkat: call("read", [dirfd, path], str, "Target of a symbolic link"),
  statfs: call("read", [path], t.statFs, "Size and use of the file system at path"),
  mkdirat: call("write", [dirfd, path, mode], nothing, "Make a directory"),
  mknodat: call(
    "write",
    [dirfd, path, mode, p("dev", f64)],
    nothing,
    "Make a regular file, FIFO or device node",
  ),
  unlinkat: call(
    "write",
    [dirfd, path, flags],
    nothing,
    "Remove a name (AT_REMOVEDIR: an empty directory)",
  ),
  renameat2: call(
    "write",
    [dirfd, path, p("newdirfd", i32), p("newpath", str), flags],
    nothing,
    "Rename (RENAME_NOREPLACE, RENAME_EXCHANGE)",
  ),
  linkat: call(
    "write",
    [dirfd, path, p("newdirfd", i32), p("newpath", str), flags],
    nothing,
    "Make a hard link (AT_SYMLINK_FOLLOW, AT_EMPTY_PATH)",
  ),
  symlinkat: call("write", [p("target", str), dirfd, path], nothing, "Make a symbolic link"),
  fchmodat: call("write", [dirfd, path, mode, flags], nothing, "Change permission bits by path"),
  fchownat: call(
    "write",
    [dirfd, path, p("uid", i32), p("gid", i32), flags],
    nothing,
    "Change owner by path; -1 keeps",
  ),
  utimensat: call(
    "write",
    [dirfd, path, p("atime", i64), p("mtime", i64), flags],
    nothing,
    "Set times by path",
  ),
  truncate: call("write", [path, p("length", f64)], nothing, "Set a file's length by path"),
  getxattr: call(
    "read",
    [dirfd, path, p("name", str), flags],
    bytes,
    "Value of an extended attribute (AT_ flags as newfstatat)",
  ),
  setxattr: call(
    "write",
    [dirfd, path, p("name", str), p("value", bytes), p("create", u32), flags],
    nothing,
    "Set an extended attribute (XATTR_CREATE 1, XATTR_REPLACE 2)",
  ),
  listxattr: call("read", [dirfd, path, flags], array(str), "Names of extended attributes"),
  removexattr: call(
    "write",
    [dirfd, path, p("name", str), flags],
    nothing,
    "Remove an extended attribute",
  ),
  inotify_init1: call("basic", [flags], i32, "Make an inotify instance (IN_NONBLOCK, IN_CLOEXEC)"),
  inotify_add_watch: call(
    "read",
    [fd, path, p("mask", u32)],
    i32,
    "Watch a file, or change how it is watched; the watch's number",
  ),
  inotify_rm_watch: call("basic", [fd, p("wd", i32)], nothing, "Watch a file no more"),
  chdir: call("read", [path], nothing, "Change the working directory"),
  fchdir: call("read", [fd], nothing, "Change the working directory to an open one"),
  getcwd: call("basic", [], str, "Absolute path of the working directory"),
  chroot: call("admin", [path], nothing, "Change the root directory"),
  umask: call("basic", [mode], u32, "Set the file creation mask; returns the old one"),
  sync: call("basic", [], nothing, "Make all file systems durable"),
  mount: call(
    "admin",
    [p("source", str), path, p("type", str), flags, p("data", str)],
    nothing,
    "Mount tmpfs, proc, devtmpfs or bind; remount",
  ),
  umount2: call("admin", [path, flags], nothing, "Unmount"),

  // Processes
  spawn: call(
    "process",
    [
      path,
      p("argv", array(str)),
      p("envp", array(str)),
      p("actions", array(t.spawnAction)),
      p("attributes", t.spawnAttributes),
    ],
    i32,
    "Own call, the shape of posix_spawn: a child that runs path; its pid",
  ),
  execve: call(
    "process",
    [path, p("argv", array(str)), p("envp", array(str))],
    nothing,
    "Replace the program; returns only to fail",
  ),
  exit: call("basic", [p("status", i32)], nothing, "End the process; never returns"),
  wait4: call(
    "process",
    [pid, p("options", u32)],
    t.waitResult,
    "Wait for a child's change of state (WNOHANG, WUNTRACED, WCONTINUED)",
  ),
  getpid: call("basic", [], i32, "Process id"),
  getppid: call("basic", [], i32, "Parent's process id"),
  getpgid: call("basic", [pid], i32, "Process group; 0 is the caller"),
  setpgid: call("process", [pid, p("pgid", i32)], nothing, "Join or make a process group"),
  getsid: call("basic", [pid], i32, "Session id"),
  setsid: call("process", [], i32, "Start a session; its id"),
  getresuid: call("basic", [], t.ids, "Real, effective and saved user id"),
  getresgid: call("basic", [], t.ids, "Real, effective and saved group id"),
  setresuid: call(
    "process",
    [p("real", i32), p("effective", i32), p("saved", i32)],
    nothing,
    "Set user ids; -1 keeps",
  ),
  setresgid: call(
    "process",
    [p("real", i32), p("effective", i32), p("saved", i32)],
    nothing,
    "Set group ids; -1 keeps",
  ),
  getgroups: call("basic", [], array(u32), "Supplementary groups"),
  setgroups: call("admin", [p("groups", array(u32))], nothing, "Set supplementary groups"),
  getpriority: call("basic", [pid], i32, "Nice value"),
  setpriority: call("process", [pid, p("nice", i32)], nothing, "Set the nice value"),
  prlimit64: call(
    "process",
    [pid, p("resource", u32), p("limit", optional(t.rLimit))],
    t.rLimit,
    "Get and set a resource limit; returns the old one",
  ),
  getrusage: call("basic", [p("who", i32)], t.rUsage, "Resource use of self 0 or children -1"),

  // Signals
  kill: call("process", [pid, signal], nothing, "Send a signal to a process or group; 0 probes"),
  rt_sigaction: call(
    "basic",
    [signal, p("action", optional(t.sigAction))],
    t.sigAction,
    "Get and set a signal's action; returns the old one",
  ),
  rt_sigprocmask: call(
    "basic",
    [p("how", u32), p("set", optional(u64))],
    u64,
    "Get and change the blocked set; returns the old one",
  ),
  rt_sigpending: call("basic", [], u64, "Blocked signals that are pending"),
  rt_sigsuspend: call(
    "basic",
    [p("mask", u64)],
    nothing,
    "Wait for a signal under another mask; always EINTR",
    false,
  ),
  sigtake: call(
    "basic",
    [],
    t.takenSignal,
    "Own call: take the next caught signal, blocking what its action asks for",
  ),
  setitimer: call(
    "basic",
    [p("which", u32), p("value", t.iTimer)],
    t.iTimer,
    "Set the real-time interval timer (SIGALRM)",
  ),
  getitimer: call("basic", [p("which", u32)], t.iTimer, "Read the real-time interval timer"),

  // Sockets. Numbers of families, types, flags and options are Linux's
  socket: call(
    "network",
    [p("family", u32), p("type", u32), p("protocol", u32)],
    i32,
    "Make a socket: AF_UNIX, AF_INET, AF_INET6 (SOCK_NONBLOCK, SOCK_CLOEXEC)",
  ),
  socketpair: call(
    "network",
    [p("family", u32), p("type", u32), p("protocol", u32)],
    array(i32),
    "Make two connected AF_UNIX sockets",
  ),
  bind: call("network", [fd, p("address", t.socketAddress)], nothing, "Give a socket its name"),
  listen: call("network", [fd, p("backlog", i32)], nothing, "Let a socket take connections"),
  accept4: call(
    "network",
    [fd, flags],
    t.accepted,
    "Take the next connection (SOCK_NONBLOCK, SOCK_CLOEXEC)",
  ),
  connect: call("network", [fd, p("address", t.socketAddress)], nothing, "Connect a socket"),
  shutdown: call("network", [fd, p("how", u32)], nothing, "End one direction: SHUT_RD, WR, RDWR"),
  sendmsg: call(
    "network",
    [fd, p("data", bytes), flags, p("address", optional(t.socketAddress)), p("rights", array(i32))],
    u32,
    "Send, to an address, with descriptors (MSG_DONTWAIT, MSG_NOSIGNAL)",
  ),
  recvmsg: call(
    "network",
    [fd, p("length", u32), flags],
    t.receivedMessage,
    "Receive a message or bytes (MSG_PEEK, MSG_DONTWAIT, MSG_WAITALL, MSG_CMSG_CLOEXEC)",
  ),
  getsockname: call("network", [fd], t.socketAddress, "The name of a socket"),
  getpeername: call("network", [fd], t.socketAddress, "The name of the other end"),
  getsockopt: call(
    "network",
    [fd, p("level", i32), p("name", i32)],
    f64,
    "An option's number; SO_LINGER is seconds or -1, timeouts are nanoseconds",
  ),
  setsockopt: call(
    "network",
    [fd, p("level", i32), p("name", i32), p("value", f64)],
    nothing,
    "Set an option",
  ),

  getaddrinfo: call(
    "network",
    [p("name", str), p("family", u32)],
    array(bytes),
    "The addresses of a name beyond /etc/hosts, 4 or 16 bytes each; none where it is unknown (a call of our own)",
  ),

  // Terminals (ioctl_tty(2), one call per request)
  tcgets: call("basic", [fd], t.termios, "Terminal attributes; ENOTTY for what is no terminal"),
  tcsets: call(
    "terminal",
    [fd, p("when", u32), p("termios", t.termios)],
    nothing,
    "Set terminal attributes (TCSANOW 0, TCSADRAIN 1, TCSAFLUSH 2)",
  ),
  tcflsh: call("terminal", [fd, p("queue", u32)], nothing, "Discard queued input, output or both"),
  tiocgwinsz: call("basic", [fd], t.winSize, "Window size"),
  tiocswinsz: call(
    "terminal",
    [fd, p("size", t.winSize)],
    nothing,
    "Set the window size; SIGWINCH to the foreground group",
  ),
  tiocgpgrp: call("basic", [fd], i32, "Foreground process group"),
  tiocspgrp: call("terminal", [fd, p("pgid", i32)], nothing, "Set the foreground process group"),
  tiocgsid: call("basic", [fd], i32, "Session of the terminal"),
  tiocsctty: call("terminal", [fd, p("steal", u32)], nothing, "Make this the controlling terminal"),
  tiocnotty: call("terminal", [fd], nothing, "Give the controlling terminal up"),
  tiocgptn: call("terminal", [fd], i32, "Number of a master's /dev/pts entry"),
  tiocsptlck: call("terminal", [fd, p("lock", u32)], nothing, "Lock or unlock a master's slave"),
  fionread: call("basic", [fd], u32, "Bytes that can be read now"),

  // Time
  clock_gettime: call(
    "basic",
    [p("clock", u32)],
    i64,
    "Nanoseconds of CLOCK_REALTIME 0, MONOTONIC 1, PROCESS_CPUTIME_ID 2, THREAD_CPUTIME_ID 3, BOOTTIME 7",
  ),
  clock_getres: call("basic", [p("clock", u32)], i64, "Resolution of a clock, nanoseconds"),
  clock_nanosleep: call(
    "basic",
    [p("clock", u32), flags, p("request", i64)],
    nothing,
    "Sleep for, or with TIMER_ABSTIME until, a time",
    false,
  ),
  sched_yield: call("basic", [], nothing, "Let others run"),

  // The machine
  getrandom: call("basic", [p("buffer", out)], u32, "Random bytes, fit for keys"),
  uname: call("basic", [], t.unameRecord, "Names of the system"),
  sethostname: call("admin", [p("name", str)], nothing, "Set the host name"),
  sysinfo: call("basic", [], t.sysInfo, "Uptime, memory and number of processes"),

  // Codecs: calls of our own
  codec_open: call(
    "basic",
    [p("name", str), p("parameters", array(i32)), p("dictionary", bytes)],
    i32,
    "Start a digest or compressor of the host's: a descriptor; ENOSYS where the host has none",
  ),
  codec_copy: call("basic", [fd], i32, "Another codec in the same state"),
  codec_step: call(
    "basic",
    // In this order the data lies at a whole word of the channel, where copies are fast.
    [fd, p("operation", u32), p("buffer", out), p("data", bytes)],
    u32,
    "One piece of a codec's work: error number, bytes consumed, and what was made",
    false,
  ),

  // TLS of the host's: calls of our own
  tls_open: call(
    "basic",
    [p("kind", str), p("context", i32)],
    i32,
    "A context of TLS, or one end of a connection in one: a descriptor; ENOSYS where the host has none",
  ),
  tls_call: call(
    "basic",
    [fd, p("others", array(i32)), p("buffer", out), p("message", bytes)],
    u32,
    "Send a message to it, or to the host's library (-1): bytes left of the answer, and the answer",
    false,
  ),
  tls_connect: call(
    "network",
    [fd, p("options", str), flags],
    i32,
    "Let the gateway speak TLS on a connection to the outside: a descriptor to read the outcome from (O_NONBLOCK)",
  ),
} as const;

export type SyscallName = keyof typeof syscalls;

type ArgumentsOf<D> = D extends Definition<infer A, infer _> ? A : never;
type ResultOf<D> = D extends Definition<infer _, infer R> ? R : never;
export type SyscallArguments<N extends SyscallName> = ArgumentsOf<(typeof syscalls)[N]>;
export type SyscallResult<N extends SyscallName> = ResultOf<(typeof syscalls)[N]>;

/** The calls as a program makes them when each may have to wait. */
export type Syscalls = {
  readonly [N in SyscallName]: (
    ...args: SyscallArguments<N>
  ) => SyscallResult<N> | Promise<SyscallResult<N>>;
};

/** The calls as a guest makes them on a thread of its own, where waiting blocks. */
export type BlockingSyscalls = {
  readonly [N in SyscallName]: (...args: SyscallArguments<N>) => SyscallResult<N>;
};

export const syscallNames = Object.keys(syscalls) as SyscallName[];

/** By number; a hole-free array. */
export const syscallsByNumber: readonly { name: SyscallName; definition: Definition }[] =
  syscallNames.map((name) => ({ name, definition: syscalls[name] as unknown as Definition }));
