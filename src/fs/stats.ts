/** What stat and statfs give, in the shape of node:fs. */
import type { Stat } from "../../kernel/index.ts";
import type { StatFs as KernelStatFs } from "../../kernel/syscalls/types.ts";
import { constants } from "./constants.ts";

const NS_PER_MS = 1_000_000n;

/** Which type of file a mode tells. */
export class FileType {
  readonly #type: number;

  constructor(mode: number) {
    this.#type = mode & constants.S_IFMT;
  }

  isFile(): boolean {
    return this.#type === constants.S_IFREG;
  }

  isDirectory(): boolean {
    return this.#type === constants.S_IFDIR;
  }

  isSymbolicLink(): boolean {
    return this.#type === constants.S_IFLNK;
  }

  isFIFO(): boolean {
    return this.#type === constants.S_IFIFO;
  }

  isSocket(): boolean {
    return this.#type === constants.S_IFSOCK;
  }

  isCharacterDevice(): boolean {
    return this.#type === constants.S_IFCHR;
  }

  isBlockDevice(): boolean {
    return this.#type === constants.S_IFBLK;
  }
}

/** Sizes in bytes, times in milliseconds and as Date. */
export class Stats extends FileType {
  readonly dev: number;
  readonly ino: number;
  readonly mode: number;
  readonly nlink: number;
  readonly uid: number;
  readonly gid: number;
  readonly rdev: number;
  readonly size: number;
  readonly blksize: number;
  readonly blocks: number;
  readonly atimeMs: number;
  readonly mtimeMs: number;
  readonly ctimeMs: number;
  readonly birthtimeMs: number;
  readonly atime: Date;
  readonly mtime: Date;
  readonly ctime: Date;
  readonly birthtime: Date;

  constructor(stat: Stat) {
    super(stat.mode);
    this.dev = stat.dev;
    this.ino = stat.ino;
    this.mode = stat.mode;
    this.nlink = stat.nlink;
    this.uid = stat.uid;
    this.gid = stat.gid;
    this.rdev = stat.rdev;
    this.size = stat.size;
    this.blksize = stat.blksize;
    this.blocks = stat.blocks;
    this.atimeMs = toMilliseconds(stat.atime);
    this.mtimeMs = toMilliseconds(stat.mtime);
    this.ctimeMs = toMilliseconds(stat.ctime);
    this.birthtimeMs = toMilliseconds(stat.birthtime);
    this.atime = toDate(this.atimeMs);
    this.mtime = toDate(this.mtimeMs);
    this.ctime = toDate(this.ctimeMs);
    this.birthtime = toDate(this.birthtimeMs);
  }
}

/** The same in bigints, with nanoseconds. */
export class BigIntStats extends FileType {
  readonly dev: bigint;
  readonly ino: bigint;
  readonly mode: bigint;
  readonly nlink: bigint;
  readonly uid: bigint;
  readonly gid: bigint;
  readonly rdev: bigint;
  readonly size: bigint;
  readonly blksize: bigint;
  readonly blocks: bigint;
  readonly atimeMs: bigint;
  readonly mtimeMs: bigint;
  readonly ctimeMs: bigint;
  readonly birthtimeMs: bigint;
  readonly atimeNs: bigint;
  readonly mtimeNs: bigint;
  readonly ctimeNs: bigint;
  readonly birthtimeNs: bigint;
  readonly atime: Date;
  readonly mtime: Date;
  readonly ctime: Date;
  readonly birthtime: Date;

  constructor(stat: Stat) {
    super(stat.mode);
    this.dev = BigInt(stat.dev);
    this.ino = BigInt(stat.ino);
    this.mode = BigInt(stat.mode);
    this.nlink = BigInt(stat.nlink);
    this.uid = BigInt(stat.uid);
    this.gid = BigInt(stat.gid);
    this.rdev = BigInt(stat.rdev);
    this.size = BigInt(stat.size);
    this.blksize = BigInt(stat.blksize);
    this.blocks = BigInt(stat.blocks);
    this.atimeNs = stat.atime;
    this.mtimeNs = stat.mtime;
    this.ctimeNs = stat.ctime;
    this.birthtimeNs = stat.birthtime;
    this.atimeMs = stat.atime / NS_PER_MS;
    this.mtimeMs = stat.mtime / NS_PER_MS;
    this.ctimeMs = stat.ctime / NS_PER_MS;
    this.birthtimeMs = stat.birthtime / NS_PER_MS;
    this.atime = toDate(toMilliseconds(stat.atime));
    this.mtime = toDate(toMilliseconds(stat.mtime));
    this.ctime = toDate(toMilliseconds(stat.ctime));
    this.birthtime = toDate(toMilliseconds(stat.birthtime));
  }
}

export function toStats(stat: Stat, options?: { bigint?: boolean }): Stats | BigIntStats {
  return options?.bigint ? new BigIntStats(stat) : new Stats(stat);
}

/** Blocks of `bsize` bytes. */
export interface StatFs<N = number> {
  readonly type: N;
  readonly bsize: N;
  readonly frsize: N;
  readonly blocks: N;
  readonly bfree: N;
  readonly bavail: N;
  readonly files: N;
  readonly ffree: N;
}

export function toStatFs(found: KernelStatFs, bigint: boolean): StatFs<number> | StatFs<bigint> {
  const { type, bsize, blocks, bfree, bavail, files, ffree } = found;
  const plain = { type, bsize, frsize: bsize, blocks, bfree, bavail, files, ffree };
  if (!bigint) return plain;
  const entries = Object.entries(plain).map(([name, value]) => [name, BigInt(value)]);
  return Object.fromEntries(entries) as StatFs<bigint>;
}

function toMilliseconds(nanoseconds: bigint): number {
  const whole = nanoseconds / NS_PER_MS;
  return Number(whole) + Number(nanoseconds - whole * NS_PER_MS) / 1e6;
}

function toDate(milliseconds: number): Date {
  return new Date(Math.floor(milliseconds + 0.5));
}
