/** The records that system calls take and return, each with its codec. Names and meanings are Linux's. */
import {
  array,
  bool,
  bytes,
  type Codec,
  f64,
  i32,
  i64,
  optional,
  str,
  struct,
  u32,
  u64,
} from "./codec.ts";

/** stat(2). Sizes in bytes, `blocks` in 512-byte units, times in nanoseconds since 1970. */
export interface Stat {
  dev: number;
  ino: number;
  mode: number;
  nlink: number;
  uid: number;
  gid: number;
  rdev: number;
  size: number;
  blksize: number;
  blocks: number;
  atime: bigint;
  mtime: bigint;
  ctime: bigint;
  birthtime: bigint;
}
export const stat = struct<Stat>("Stat", {
  dev: f64,
  ino: f64,
  mode: u32,
  nlink: u32,
  uid: u32,
  gid: u32,
  rdev: f64,
  size: f64,
  blksize: u32,
  blocks: f64,
  atime: i64,
  mtime: i64,
  ctime: i64,
  birthtime: i64,
});

/** What openstat opened. */
export interface OpenedFile {
  fd: number;
  stat: Stat;
}
export const openedFile = struct<OpenedFile>("OpenedFile", { fd: i32, stat });

/** statfs(2). Blocks of `bsize` bytes. */
export interface StatFs {
  type: number;
  bsize: number;
  blocks: number;
  bfree: number;
  bavail: number;
  files: number;
  ffree: number;
  namelen: number;
  flags: number;
}
export const statFs = struct<StatFs>("StatFs", {
  type: f64,
  bsize: u32,
  blocks: f64,
  bfree: f64,
  bavail: f64,
  files: f64,
  ffree: f64,
  namelen: u32,
  flags: u32,
});

/** getdents64(2). `offset` is where a later lseek continues behind this entry; `type` is a DT_ value. */
export interface DirectoryEntry {
  ino: number;
  offset: number;
  type: number;
  name: string;
}
export const directoryEntry = struct<DirectoryEntry>("DirectoryEntry", {
  ino: f64,
  offset: f64,
  type: u32,
  name: str,
});

/** fcntl(2) record lock. `length` 0 reaches to the end of the file. */
export interface Flock {
  type: number;
  whence: number;
  start: number;
  length: number;
  pid: number;
}
export const flockRecord = struct<Flock>("Flock", {
  type: i32,
  whence: i32,
  start: f64,
  length: f64,
  pid: i32,
});

export interface PollFd {
  fd: number;
  events: number;
}
/** Written out: servers ask about many at once, and often. */
export const pollFd: Codec<PollFd> = {
  name: "PollFd",
  write(writer, { fd, events }) {
    const at = writer.take(8);
    writer.view.setInt32(at, fd, true);
    writer.view.setUint32(at + 4, events, true);
  },
  read(reader) {
    const at = reader.take(8);
    return { fd: reader.view.getInt32(at, true), events: reader.view.getUint32(at + 4, true) };
  },
};

/** sigaction(2). `handler` is SIG_DFL 0, SIG_IGN 1, or 2: the program takes it with sigtake. */
export interface SigAction {
  handler: number;
  mask: bigint;
  flags: number;
}
export const sigAction = struct<SigAction>("SigAction", { handler: i32, mask: u64, flags: u32 });

/** A caught signal to handle now (`signal` 0: none), and the mask to restore when the handler is done. */
export interface TakenSignal {
  signal: number;
  flags: number;
  restoreMask: bigint;
}
export const takenSignal = struct<TakenSignal>("TakenSignal", {
  signal: i32,
  flags: u32,
  restoreMask: u64,
});

/** termios(3), Linux's flag bits. `cc` has NCCS entries. */
export interface Termios {
  iflag: number;
  oflag: number;
  cflag: number;
  lflag: number;
  cc: readonly number[];
  ispeed: number;
  ospeed: number;
}
export const termios = struct<Termios>("Termios", {
  iflag: u32,
  oflag: u32,
  cflag: u32,
  lflag: u32,
  cc: array(u32),
  ispeed: u32,
  ospeed: u32,
});

export interface WinSize {
  rows: number;
  cols: number;
}
export const winSize = struct<WinSize>("WinSize", { rows: u32, cols: u32 });

export interface RLimit {
  /** Infinity: no limit. */
  soft: number;
  hard: number;
}
export const rLimit = struct<RLimit>("RLimit", { soft: f64, hard: f64 });

/** getrusage(2): nanoseconds and bytes. */
export interface RUsage {
  utime: bigint;
  stime: bigint;
  maxrss: number;
}
export const rUsage = struct<RUsage>("RUsage", { utime: i64, stime: i64, maxrss: f64 });

/** wait4(2). `pid` 0: nothing to report (WNOHANG). `status` is the raw wait status. */
export interface WaitResult {
  pid: number;
  status: number;
  rusage: RUsage;
}
export const waitResult = struct<WaitResult>("WaitResult", {
  pid: i32,
  status: i32,
  rusage: rUsage,
});

export interface Ids {
  real: number;
  effective: number;
  saved: number;
}
export const ids = struct<Ids>("Ids", { real: u32, effective: u32, saved: u32 });

export interface Uname {
  sysname: string;
  nodename: string;
  release: string;
  version: string;
  machine: string;
  domainname: string;
}
export const unameRecord = struct<Uname>("Uname", {
  sysname: str,
  nodename: str,
  release: str,
  version: str,
  machine: str,
  domainname: str,
});

/** sysinfo(2): seconds and bytes. */
export interface SysInfo {
  uptime: number;
  totalram: number;
  freeram: number;
  procs: number;
}
export const sysInfo = struct<SysInfo>("SysInfo", {
  uptime: f64,
  totalram: f64,
  freeram: f64,
  procs: u32,
});

/** Interval timers: nanoseconds; `value` 0 is off. */
export interface ITimer {
  interval: bigint;
  value: bigint;
}
export const iTimer = struct<ITimer>("ITimer", { interval: i64, value: i64 });

/** posix_spawn file action, applied in order in the child. */
export interface SpawnAction {
  op: SpawnOp;
  fd: number;
  source: number;
  flags: number;
  mode: number;
  path: string;
}
export const SpawnOp = {
  CLOSE: 1,
  DUP2: 2,
  OPEN: 3,
  CHDIR: 4,
  FCHDIR: 5,
  CLOSEFROM: 6,
  TIOCSCTTY: 7,
} as const;
export type SpawnOp = (typeof SpawnOp)[keyof typeof SpawnOp];
export const spawnAction = struct<SpawnAction>("SpawnAction", {
  op: u32 as never,
  fd: i32,
  source: i32,
  flags: u32,
  mode: u32,
  path: str,
});

/** posix_spawn attributes; each counts only where it is given. */
export interface SpawnAttributes {
  cwd: string | undefined;
  /** Joins this process group; 0 makes a new one. */
  pgroup: number | undefined;
  setsid: boolean;
  /** Signals set back to their default action. */
  sigdefault: bigint | undefined;
  /** The child's blocked signals; default: the parent's. */
  sigmask: bigint | undefined;
  /** Runs as this user: needs privilege. */
  credentials: SpawnCredentials | undefined;
}
export interface SpawnCredentials {
  uid: number;
  gid: number;
  groups: readonly number[];
}
export const spawnAttributes = struct<SpawnAttributes>("SpawnAttributes", {
  cwd: optional(str),
  pgroup: optional(i32),
  setsid: bool,
  sigdefault: optional(u64),
  sigmask: optional(u64),
  credentials: optional(
    struct<SpawnCredentials>("SpawnCredentials", { uid: u32, gid: u32, groups: array(u32) }),
  ),
});

/**
 * A socket address. `address` has the 4 or 16 bytes of an IP address, or the name of a Unix socket: a
 * path, or a NUL and an abstract name; none where it has no name. `port` and `scope` are IP's.
 */
export interface SocketAddress {
  family: number;
  address: Uint8Array;
  port: number;
  scope: number;
}
export const socketAddress = struct<SocketAddress>("SocketAddress", {
  family: u32,
  address: bytes,
  port: u32,
  scope: u32,
});

/** accept4(2): the connection's descriptor, and who connected. */
export interface Accepted {
  fd: number;
  address: SocketAddress;
}
export const accepted = struct<Accepted>("Accepted", { fd: i32, address: socketAddress });

/** recvmsg(2). `flags` are MSG_ values; `rights` are the descriptors that came along (SCM_RIGHTS). */
export interface ReceivedMessage {
  data: Uint8Array;
  flags: number;
  address: SocketAddress | undefined;
  rights: readonly number[];
}
export const receivedMessage = struct<ReceivedMessage>("ReceivedMessage", {
  data: bytes,
  flags: u32,
  address: optional(socketAddress),
  rights: array(i32),
});
