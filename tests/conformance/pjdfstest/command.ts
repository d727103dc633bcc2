/**
 * The command that pjdfstest's scripts call, as a program inside the kernel: each word is a system call,
 * each answer a line with its result or errno. `pjdfstest [-u uid] [-g gid,...] [-U umask] call argument...
 * [: call ...]`, as https://github.com/pjd/pjdfstest describes it. Runs wherever a kernel does.
 */

import * as flags from "../../../kernel/fd/flags.ts";
import {
  decodeUtf8,
  Errno,
  encodeUtf8,
  errnoName,
  KernelError,
  type Sys,
} from "../../../kernel/index.ts";
import { LINK_MAX, NAME_MAX, PATH_MAX } from "../../../kernel/limits.ts";
import type { Stat } from "../../../kernel/syscalls/types.ts";
import * as c from "../../../kernel/vfs/constants.ts";

type Answer = string | number | undefined;
/** Arguments of one call: taken in order, each as what the call wants it to be. */
interface Arguments {
  text(): string;
  number(): number;
  /** A path; the addresses that no process has end the call with EFAULT. */
  path(): string;
  /** AT_FDCWD, BADFD, or the nth descriptor that this command opened. */
  descriptor(): number;
  flags(): number;
  more(): boolean;
}
type Action = (sys: Sys, args: Arguments, opened: number[]) => Answer | Promise<Answer>;

class Usage extends Error {}

/** The exit status is 1 as soon as a call fails, and the calls behind it are not made. */
export async function pjdfstest(sys: Sys): Promise<number> {
  try {
    const words = await takeIdentity(sys, sys.argv.slice(1));
    const opened: number[] = [];
    for (const call of splitCalls(words)) {
      const [name = "", ...rest] = call;
      const action = ACTIONS[name];
      if (!action) throw new Usage(`syscall '${name}' not supported`);
      await print(sys, 1, String((await action(sys, argumentsOf(rest, opened), opened)) ?? 0));
    }
    return 0;
  } catch (reason) {
    if (reason instanceof KernelError) {
      await print(sys, 1, errnoName(reason.errno));
      return 1;
    }
    if (!(reason instanceof Usage)) throw reason;
    await print(sys, 2, reason.message);
    return 1;
  }
}

async function print(sys: Sys, fd: number, line: string): Promise<void> {
  await sys.write(fd, encodeUtf8(`${line}\n`));
}

/** Takes the options off, and becomes who they say. Groups change first, while that is still allowed. */
async function takeIdentity(sys: Sys, words: readonly string[]): Promise<readonly string[]> {
  const options = new Map<string, string>();
  let at = 0;
  for (; /^-[ugU]$/.test(words[at] ?? ""); at += 2) {
    options.set(words[at] as string, words[at + 1] ?? "");
  }
  if (words[at] === "--") at++;
  const groups = options.get("-g")?.split(",").map(Number);
  if (groups) {
    await sys.setgroups(groups);
    await sys.setresgid(-1, groups[0] as number, -1);
  }
  const uid = options.get("-u");
  if (uid !== undefined) await sys.setresuid(Number(uid), Number(uid), Number(uid));
  await sys.umask(Number(octal(options.get("-U") ?? "0")));
  return words.slice(at);
}

function splitCalls(words: readonly string[]): string[][] {
  const calls: string[][] = [[]];
  for (const word of words) {
    if (word === ":") calls.push([]);
    else calls.at(-1)?.push(word);
  }
  return calls;
}

function argumentsOf(words: string[], opened: readonly number[]): Arguments {
  const text = () => words.shift() ?? missing();
  const number = () => Number(octal(text()));
  return {
    text,
    number,
    path() {
      const word = text();
      if (word === "NULL" || word === "DEADCODE") throw new KernelError(Errno.EFAULT);
      return word;
    },
    descriptor() {
      const word = text();
      if (word === "AT_FDCWD") return c.AT_FDCWD;
      if (word === "BADFD") return -1;
      return opened[Number(word)] ?? missing(`invalid descriptor ${word}`);
    },
    flags() {
      let sum = 0;
      for (const name of text().split(/[,|]/).filter(Boolean))
        sum |= FLAGS[name] ?? missing(`unknown flag ${name}`);
      return sum;
    },
    more: () => words.length > 0,
  };
}

function missing(message = "too few arguments"): never {
  throw new Usage(message);
}

/** Numbers are written as in C. */
function octal(word: string): string {
  return /^-?0[0-7]+$/.test(word) ? word.replace("0", "0o") : word;
}

const FLAGS: Readonly<Record<string, number>> = {
  none: 0,
  "0": 0,
  O_RDONLY: flags.O_RDONLY,
  O_WRONLY: flags.O_WRONLY,
  O_RDWR: flags.O_RDWR,
  O_NONBLOCK: flags.O_NONBLOCK,
  O_APPEND: flags.O_APPEND,
  O_CREAT: flags.O_CREAT,
  O_TRUNC: flags.O_TRUNC,
  O_EXCL: flags.O_EXCL,
  O_DIRECT: flags.O_DIRECT,
  O_SYNC: flags.O_SYNC,
  O_NOFOLLOW: flags.O_NOFOLLOW,
  O_NOCTTY: flags.O_NOCTTY,
  O_DIRECTORY: flags.O_DIRECTORY,
  AT_REMOVEDIR: c.AT_REMOVEDIR,
  AT_SYMLINK_FOLLOW: c.AT_SYMLINK_FOLLOW,
  AT_SYMLINK_NOFOLLOW: c.AT_SYMLINK_NOFOLLOW,
};

const HERE = c.AT_FDCWD;

const ACTIONS: Readonly<Record<string, Action>> = {
  open: (sys, a, opened) => open(sys, HERE, a, opened),
  openat: (sys, a, opened) => open(sys, a.descriptor(), a, opened),
  async create(sys, a) {
    const fd = await sys.openat(HERE, a.path(), flags.O_CREAT | flags.O_EXCL, a.number());
    await sys.close(fd);
    return 0;
  },
  unlink: (sys, a) => done(sys.unlinkat(HERE, a.path(), 0)),
  unlinkat: (sys, a) => done(sys.unlinkat(a.descriptor(), a.path(), a.flags())),
  mkdir: (sys, a) => done(sys.mkdirat(HERE, a.path(), a.number())),
  mkdirat: (sys, a) => done(sys.mkdirat(a.descriptor(), a.path(), a.number())),
  rmdir: (sys, a) => done(sys.unlinkat(HERE, a.path(), c.AT_REMOVEDIR)),
  link: (sys, a) => done(sys.linkat(HERE, a.path(), HERE, a.path(), 0)),
  linkat: (sys, a) =>
    done(sys.linkat(a.descriptor(), a.path(), a.descriptor(), a.path(), a.flags())),
  symlink: (sys, a) => done(sys.symlinkat(a.path(), HERE, a.path())),
  symlinkat: (sys, a) => done(sys.symlinkat(a.path(), a.descriptor(), a.path())),
  rename: (sys, a) => done(sys.renameat2(HERE, a.path(), HERE, a.path(), 0)),
  renameat: (sys, a) => done(sys.renameat2(a.descriptor(), a.path(), a.descriptor(), a.path(), 0)),
  mkfifo: (sys, a) => done(sys.mknodat(HERE, a.path(), c.S_IFIFO | a.number(), 0)),
  mkfifoat: (sys, a) => done(sys.mknodat(a.descriptor(), a.path(), c.S_IFIFO | a.number(), 0)),
  mknod: (sys, a) => mknod(sys, HERE, a),
  mknodat: (sys, a) => mknod(sys, a.descriptor(), a),
  // A socket's name is all that the file system sees of bind(2).
  bind: (sys, a) => done(sys.mknodat(HERE, a.path(), c.S_IFSOCK | 0o777, 0)),
  chmod: (sys, a) => done(sys.fchmodat(HERE, a.path(), a.number(), 0)),
  fchmod: (sys, a) => done(sys.fchmod(a.descriptor(), a.number())),
  fchmodat: (sys, a) => done(sys.fchmodat(a.descriptor(), a.path(), a.number(), a.flags())),
  chown: (sys, a) => done(sys.fchownat(HERE, a.path(), a.number(), a.number(), 0)),
  fchown: (sys, a) => done(sys.fchown(a.descriptor(), a.number(), a.number())),
  lchown: (sys, a) =>
    done(sys.fchownat(HERE, a.path(), a.number(), a.number(), c.AT_SYMLINK_NOFOLLOW)),
  fchownat: (sys, a) =>
    done(sys.fchownat(a.descriptor(), a.path(), a.number(), a.number(), a.flags())),
  truncate: (sys, a) => done(sys.truncate(a.path(), a.number())),
  ftruncate: (sys, a) => done(sys.ftruncate(a.descriptor(), a.number())),
  posix_fallocate: (sys, a) => done(sys.fallocate(a.descriptor(), 0, a.number(), a.number())),
  stat: async (sys, a) => show(await sys.newfstatat(HERE, a.path(), 0), a.text()),
  lstat: async (sys, a) =>
    show(await sys.newfstatat(HERE, a.path(), c.AT_SYMLINK_NOFOLLOW), a.text()),
  fstat: async (sys, a) => show(await sys.fstat(a.descriptor()), a.text()),
  fstatat: async (sys, a) =>
    show(await sys.newfstatat(a.descriptor(), a.path(), a.flags()), a.text()),
  async pathconf(sys, a) {
    await sys.newfstatat(HERE, a.path(), 0);
    return limit(a.text());
  },
  fpathconf: (_sys, a) => {
    a.descriptor();
    return limit(a.text());
  },
  async pread(sys, a) {
    const fd = a.descriptor();
    const buffer = new Uint8Array(Math.min(a.number(), 1024));
    const count = await sys.pread64(fd, buffer, a.number());
    return decodeUtf8(buffer, 0, count);
  },
  pwrite: (sys, a) => {
    const [fd, text] = [a.descriptor(), a.text()];
    return done(sys.pwrite64(fd, encodeUtf8(text), a.number()));
  },
  write: (sys, a) => done(sys.write(a.descriptor(), encodeUtf8(a.text()))),
  utimensat(sys, a) {
    const [fd, path] = [a.descriptor(), a.path()];
    const [atime, mtime] = [time(a), time(a)];
    return done(sys.utimensat(fd, path, atime, mtime, a.flags()));
  },
};

async function done(result: unknown): Promise<number> {
  await result;
  return 0;
}

async function open(sys: Sys, at: number, a: Arguments, opened: number[]): Promise<number> {
  const [path, how] = [a.path(), a.flags()];
  const mode = (how & flags.O_CREAT) !== 0 ? a.number() : 0;
  if (a.more()) throw new Usage("too many arguments");
  opened.push(await sys.openat(at, path, how, mode));
  return 0;
}

function mknod(sys: Sys, at: number, a: Arguments): Promise<number> {
  const [path, letter, mode] = [a.path(), a.text(), a.number()];
  const type = TYPES[letter] ?? missing("wrong argument 1");
  return done(sys.mknodat(at, path, type | mode, c.makedev(a.number(), a.number())));
}

const TYPES: Readonly<Record<string, number>> = {
  c: c.S_IFCHR,
  b: c.S_IFBLK,
  f: c.S_IFIFO,
  d: c.S_IFDIR,
  o: c.S_IFREG,
};

const SECOND = 1_000_000_000n;

/** Seconds, and nanoseconds or a word. */
function time(a: Arguments): bigint {
  const [seconds, rest] = [a.number(), a.text()];
  if (rest === "UTIME_NOW") return c.UTIME_NOW;
  if (rest === "UTIME_OMIT") return c.UTIME_OMIT;
  return BigInt(seconds) * SECOND + BigInt(rest);
}

function limit(name: string): number {
  return (
    { _PC_LINK_MAX: LINK_MAX, _PC_NAME_MAX: NAME_MAX, _PC_PATH_MAX: PATH_MAX }[name] ?? missing()
  );
}

/** The fields that `names` lists, comma for comma. */
function show(stat: Stat, names: string): string {
  return names
    .split(",")
    .map((name) => field(stat, name))
    .join(",");
}

function field(stat: Stat, name: string): string {
  switch (name) {
    case "mode":
      return `0${(stat.mode & c.S_IALLUGO).toString(8)}`;
    case "type":
      return TYPE_NAMES.get(stat.mode & c.S_IFMT) ?? "unknown";
    case "inode":
      return `${stat.ino}`;
    case "major":
      return `${c.majorOf(stat.rdev)}`;
    case "minor":
      return `${c.minorOf(stat.rdev)}`;
    case "nlink":
    case "uid":
    case "gid":
    case "size":
    case "blocks":
      return `${stat[name]}`;
    case "atime":
    case "mtime":
    case "ctime":
    case "birthtime":
      return `${floorSeconds(stat[name])}`;
    case "atime_ns":
    case "mtime_ns":
    case "ctime_ns": {
      const whole = stat[name.slice(0, 5) as "atime"];
      return `${whole - floorSeconds(whole) * SECOND}`;
    }
    default:
      return "unknown";
  }
}

function floorSeconds(nanoseconds: bigint): bigint {
  const seconds = nanoseconds / SECOND;
  return seconds * SECOND > nanoseconds ? seconds - 1n : seconds;
}

const TYPE_NAMES = new Map([
  [c.S_IFIFO, "fifo"],
  [c.S_IFCHR, "char"],
  [c.S_IFDIR, "dir"],
  [c.S_IFBLK, "block"],
  [c.S_IFREG, "regular"],
  [c.S_IFLNK, "symlink"],
  [c.S_IFSOCK, "socket"],
]);
