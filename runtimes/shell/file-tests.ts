/**
 * What `test`, `[` and `[[` ask about files, as system calls. An answer that a file system must fetch
 * is a promise.
 *
 * @see https://www.gnu.org/software/bash/manual/html_node/Bash-Conditional-Expressions.html
 */
import {
  AT_EACCESS,
  AT_FDCWD,
  AT_SYMLINK_NOFOLLOW,
  KernelError,
  R_OK,
  S_IFBLK,
  S_IFCHR,
  S_IFDIR,
  S_IFIFO,
  S_IFLNK,
  S_IFMT,
  S_IFREG,
  S_IFSOCK,
  S_ISGID,
  S_ISUID,
  S_ISVTX,
  type Stat,
  W_OK,
  X_OK,
} from "../../kernel/abi.ts";
import type { Sys } from "../../kernel/index.ts";
import { parseDecimal } from "./numbers.ts";
import { chain, isPromise, type MaybePromise } from "./task.ts";

export function testFile(sys: Sys, operator: string, path: string): MaybePromise<boolean> {
  if (operator === "-t") return isTerminal(sys, path);
  if (path === "") return false;
  const access = ACCESS.get(operator);
  if (access !== undefined) {
    return succeeds(() => sys.faccessat2(AT_FDCWD, path, access, AT_EACCESS));
  }
  const followsLinks = operator !== "-h" && operator !== "-L";
  return chain(statFile(sys, path, followsLinks), (stat) =>
    stat === undefined ? false : testStat(sys, operator, stat),
  );
}

/** `-nt`, `-ot`, `-ef`: a file that exists is newer than one that does not. */
export function compareFiles(
  sys: Sys,
  operator: string,
  left: string,
  right: string,
): MaybePromise<boolean> {
  return chain(statFile(sys, left), (a) =>
    chain(statFile(sys, right), (b) => {
      if (operator === "-ef") return a && b ? a.dev === b.dev && a.ino === b.ino : false;
      const [newer, older] = operator === "-nt" ? [a, b] : [b, a];
      if (newer === undefined) return false;
      return older === undefined || newer.mtime > older.mtime;
    }),
  );
}

/** Metadata of `path`; undefined where there is none to be had. */
export function statFile(
  sys: Sys,
  path: string,
  followsLinks = true,
): MaybePromise<Stat | undefined> {
  return unlessKernelError(() =>
    sys.newfstatat(AT_FDCWD, path, followsLinks ? 0 : AT_SYMLINK_NOFOLLOW),
  );
}

export function isDirectory(sys: Sys, path: string): MaybePromise<boolean> {
  return chain(statFile(sys, path), (stat) => stat !== undefined && hasType(stat, S_IFDIR));
}

/** The file is there, is no directory, and may be executed. */
export function isExecutable(sys: Sys, path: string): MaybePromise<boolean> {
  return chain(statFile(sys, path), (stat) => {
    if (stat === undefined || hasType(stat, S_IFDIR)) return false;
    return succeeds(() => sys.faccessat2(AT_FDCWD, path, X_OK, AT_EACCESS));
  });
}

const ACCESS: ReadonlyMap<string, number> = new Map([
  ["-r", R_OK],
  ["-w", W_OK],
  ["-x", X_OK],
]);

const TYPES: ReadonlyMap<string, number> = new Map([
  ["-b", S_IFBLK],
  ["-c", S_IFCHR],
  ["-d", S_IFDIR],
  ["-f", S_IFREG],
  ["-h", S_IFLNK],
  ["-L", S_IFLNK],
  ["-p", S_IFIFO],
  ["-S", S_IFSOCK],
]);

const MODE_BITS: ReadonlyMap<string, number> = new Map([
  ["-g", S_ISGID],
  ["-k", S_ISVTX],
  ["-u", S_ISUID],
]);

function hasType(stat: Stat, type: number): boolean {
  return (stat.mode & S_IFMT) === type;
}

function testStat(sys: Sys, operator: string, stat: Stat): MaybePromise<boolean> {
  const type = TYPES.get(operator);
  if (type !== undefined) return hasType(stat, type);
  const bit = MODE_BITS.get(operator);
  if (bit !== undefined) return (stat.mode & bit) !== 0;
  switch (operator) {
    case "-s":
      return stat.size > 0;
    case "-N":
      return stat.mtime > stat.atime;
    case "-O":
      return chain(sys.getresuid(), ({ effective }) => stat.uid === effective);
    case "-G":
      return chain(sys.getresgid(), ({ effective }) => stat.gid === effective);
    default:
      // -a and -e: it is there.
      return true;
  }
}

function isTerminal(sys: Sys, text: string): MaybePromise<boolean> {
  const fd = text === "" ? undefined : parseDecimal(text);
  if (fd === undefined || fd < 0n || fd > 0x7fffffffn) return false;
  return succeeds(() => sys.tcgets(Number(fd)));
}

function succeeds(call: () => unknown): MaybePromise<boolean> {
  return chain(
    unlessKernelError(() => chain(call(), () => true)),
    (value) => value === true,
  );
}

function unlessKernelError<T>(call: () => MaybePromise<T>): MaybePromise<T | undefined> {
  try {
    const result = call();
    return isPromise(result) ? result.catch(undefinedOnKernelError) : result;
  } catch (error) {
    return undefinedOnKernelError(error);
  }
}

function undefinedOnKernelError(error: unknown): undefined {
  if (!(error instanceof KernelError)) throw error;
  return undefined;
}
