/**
 * The arrays in which `lib/` gets what stat(2) and statfs(2) say: one shared by all calls, whose caller
 * reads it at once, and a new one for each promise.
 */
import type { Stat, StatFs } from "../../../../kernel/abi.ts";

/** Numbers of one file; statValues has room for two (watchFile shows the old ones behind the new). */
export const FIELDS = 18;

export type Numbers = Float64Array | BigInt64Array;

export interface StatArrays {
  readonly statValues: Float64Array;
  readonly bigintStatValues: BigInt64Array;
  readonly statFsValues: Float64Array;
  readonly bigintStatFsValues: BigInt64Array;
  /** Fills the shared array, or a new one where `own`. */
  stat(stat: Stat, bigint: boolean, own: boolean): Numbers;
  statFs(stat: StatFs, bigint: boolean, own: boolean): Numbers;
}

export function createStatArrays(): StatArrays {
  const statValues = new Float64Array(2 * FIELDS);
  const bigintStatValues = new BigInt64Array(2 * FIELDS);
  const statFsValues = new Float64Array(7);
  const bigintStatFsValues = new BigInt64Array(7);
  return {
    statValues,
    bigintStatValues,
    statFsValues,
    bigintStatFsValues,
    stat(stat, bigint, own) {
      if (bigint) return fillBig(own ? new BigInt64Array(2 * FIELDS) : bigintStatValues, stat);
      return fillStat(own ? new Float64Array(2 * FIELDS) : statValues, stat);
    },
    statFs({ type, bsize, blocks, bfree, bavail, files, ffree }, bigint, own) {
      const values = [type, bsize, blocks, bfree, bavail, files, ffree];
      const target = bigint ? bigintStatFsValues : statFsValues;
      const array = own ? (target.slice() as typeof target) : target;
      for (let i = 0; i < values.length; i++) {
        const value = values[i] as number;
        array[i] = bigint ? BigInt(value) : value;
      }
      return array;
    },
  };
}

const NANOSECONDS = 1_000_000_000;
const BIG_NANOSECONDS = 1_000_000_000n;

/** Writes one file's numbers from `at` on. */
export function fillStat(target: Float64Array, stat: Stat, at = 0): Float64Array {
  target[at] = stat.dev;
  target[at + 1] = stat.mode;
  target[at + 2] = stat.nlink;
  target[at + 3] = stat.uid;
  target[at + 4] = stat.gid;
  target[at + 5] = stat.rdev;
  target[at + 6] = stat.blksize;
  target[at + 7] = stat.ino;
  target[at + 8] = stat.size;
  target[at + 9] = stat.blocks;
  fillTime(target, at + 10, stat.atime);
  fillTime(target, at + 12, stat.mtime);
  fillTime(target, at + 14, stat.ctime);
  fillTime(target, at + 16, stat.birthtime);
  return target;
}

export function fillBig(target: BigInt64Array, stat: Stat, at = 0): BigInt64Array {
  const numbers = [
    ...[stat.dev, stat.mode, stat.nlink, stat.uid, stat.gid],
    ...[stat.rdev, stat.blksize, stat.ino, stat.size, stat.blocks],
  ];
  for (let i = 0; i < numbers.length; i++) target[at + i] = BigInt(numbers[i] as number);
  const times = [stat.atime, stat.mtime, stat.ctime, stat.birthtime];
  for (let i = 0; i < times.length; i++) {
    const time = times[i] as bigint;
    const rest = time % BIG_NANOSECONDS;
    const part = rest < 0n ? rest + BIG_NANOSECONDS : rest;
    target[at + 10 + 2 * i] = (time - part) / BIG_NANOSECONDS;
    target[at + 11 + 2 * i] = part;
  }
  return target;
}

/** Seconds and nanoseconds, the latter never negative. */
function fillTime(target: Float64Array, at: number, time: bigint): void {
  // A number would hold microseconds only: the high part comes first.
  const high = Number(time >> 32n);
  const low = Number(time & 0xffff_ffffn);
  const seconds = Math.floor((high * 4_294_967_296) / NANOSECONDS);
  let rest = high * 4_294_967_296 - seconds * NANOSECONDS + low;
  let whole = seconds;
  if (rest >= NANOSECONDS || rest < 0) {
    whole += Math.floor(rest / NANOSECONDS);
    rest -= Math.floor(rest / NANOSECONDS) * NANOSECONDS;
  }
  target[at] = whole;
  target[at + 1] = rest;
}
