/**
 * The advisory locks on one inode: record locks of processes and of open file descriptions (fcntl(2)),
 * and whole-file locks of descriptions (flock(2)). The two kinds do not see each other.
 */
import type { OpenFile } from "../../fd/open-file.ts";
import type { Process } from "../../process/process.ts";
import { WaitQueue } from "../../wait/wait-queue.ts";
import type { Inode } from "../file-system.ts";

/** A process, or an open file description (F_OFD_ locks). */
export type LockOwner = Process | OpenFile;

export interface RecordLock {
  readonly owner: LockOwner;
  /** -1 for a description's lock. */
  readonly pid: number;
  readonly exclusive: boolean;
  readonly start: number;
  /** First byte behind it; Infinity: to the end of the file, however long it grows. */
  readonly end: number;
}

export class InodeLocks {
  /** Those of one owner never overlap. */
  records: readonly RecordLock[] = [];
  /** True: exclusive. */
  readonly flocks = new Map<OpenFile, boolean>();
  /** Wakes when a lock is gone. */
  readonly released = new WaitQueue();

  /** A lock that keeps `wanted` from being set. */
  conflict(wanted: RecordLock): RecordLock | undefined {
    return this.records.find(
      (lock) =>
        lock.owner !== wanted.owner &&
        (lock.exclusive || wanted.exclusive) &&
        lock.start < wanted.end &&
        wanted.start < lock.end,
    );
  }

  /** Sets `wanted`, which has no conflict, over whatever its owner had there. */
  set(wanted: RecordLock): void {
    let { start, end } = wanted;
    const kept: RecordLock[] = [];
    for (const lock of this.#without(wanted)) {
      const touches =
        lock.owner === wanted.owner &&
        lock.exclusive === wanted.exclusive &&
        lock.start <= end &&
        start <= lock.end;
      if (touches) {
        start = Math.min(start, lock.start);
        end = Math.max(end, lock.end);
      } else kept.push(lock);
    }
    this.records = [...kept, { ...wanted, start, end }];
    // A lock may have become a shared one.
    this.released.wake();
  }

  /** Unlocks what `range`'s owner holds in it. */
  clear(range: RecordLock): void {
    this.records = this.#without(range);
    this.released.wake();
  }

  /** All locks but the part of `range`'s owner's that lies in it. */
  #without(range: RecordLock): RecordLock[] {
    const left: RecordLock[] = [];
    for (const lock of this.records) {
      if (lock.owner !== range.owner || lock.end <= range.start || range.end <= lock.start) {
        left.push(lock);
        continue;
      }
      if (lock.start < range.start) left.push({ ...lock, end: range.start });
      if (range.end < lock.end) left.push({ ...lock, start: range.end });
    }
    return left;
  }

  /** Takes the whole-file lock for `file`; false where another description's is in the way. */
  flock(file: OpenFile, exclusive: boolean): boolean {
    if (this.flocks.get(file) === exclusive) return true;
    this.unflock(file);
    for (const [, held] of this.flocks) if (held || exclusive) return false;
    this.flocks.set(file, exclusive);
    return true;
  }

  unflock(file: OpenFile): void {
    if (this.flocks.delete(file)) this.released.wake();
  }

  /** Drops every record lock of `owner`. */
  release(owner: LockOwner): void {
    const left = this.records.filter((lock) => lock.owner !== owner);
    if (left.length === this.records.length) return;
    this.records = left;
    this.released.wake();
  }

  get unused(): boolean {
    return this.records.length === 0 && this.flocks.size === 0 && this.released.empty;
  }
}

export function locksOf(inode: Inode): InodeLocks {
  inode.locks ??= new InodeLocks();
  return inode.locks;
}

/** A process closed a descriptor of `inode`: by POSIX all of its record locks there end. */
export function releaseProcess(inode: Inode, process: Process): void {
  if (!inode.locks) return;
  inode.locks.release(process);
  if (inode.locks.unused) inode.locks = undefined;
}

/** The description is closed for good. */
export function releaseDescription(inode: Inode, file: OpenFile): void {
  if (!inode.locks) return;
  inode.locks.release(file);
  inode.locks.unflock(file);
  if (inode.locks.unused) inode.locks = undefined;
}
