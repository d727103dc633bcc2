/**
 * Record locks of databases. SQLite counts on a process's locks being its own, whichever of its descriptors
 * they came through; but threads of worker_threads are one process with a SQLite each, which must not pass
 * through one another's locks. So the locks of each file are an open file description's (F_OFD_SETLK): one
 * for all descriptors that this SQLite has of the file.
 */
import type { Environment } from "../environment.ts";

export interface Lock {
  readonly type: number;
  readonly whence: number;
  readonly start: number;
  readonly length: number;
  readonly pid: number;
}

/** Who has the locks of one file. */
interface Holder {
  /** A duplicate, which outlives the descriptor that it came from. */
  fd: number;
  /** The lock that one may have who cannot write; undefined: none. */
  read: Lock | undefined;
  canWrite: boolean;
  readonly users: Set<number>;
}

const F_GETFL = 3;
const F_OFD_GETLK = 36;
const F_OFD_SETLK = 37;
const F_OFD_SETLKW = 38;
const F_DUPFD_CLOEXEC = 1030;
const O_ACCMODE = 3;
const F_RDLCK = 0;
const F_WRLCK = 1;
const F_UNLCK = 2;

export class LockHolders {
  readonly #env: Environment;
  readonly #ofFile = new Map<string, Holder>();
  readonly #ofDescriptor = new Map<number, string>();

  constructor(env: Environment) {
    this.#env = env;
  }

  set(fd: number, lock: Lock, waits: boolean): void {
    const holder = this.#holder(fd);
    if (lock.type === F_WRLCK && !holder.canWrite) this.#handOver(holder, fd);
    this.#env.sys.fcntl_lock(holder.fd, waits ? F_OFD_SETLKW : F_OFD_SETLK, lock);
    // One byte is a lock on the way to another; more are the readers'.
    if (lock.type === F_RDLCK && lock.length > 1) holder.read = lock;
    else if (lock.type === F_UNLCK && lock.length !== 1 && lock.length !== 2) {
      holder.read = undefined;
    }
  }

  /** The first lock in the way of `lock`; of type F_UNLCK where there is none. */
  find(fd: number, lock: Lock): Lock {
    return this.#env.sys.fcntl_lock(this.#holder(fd).fd, F_OFD_GETLK, lock);
  }

  /** `fd` will be closed; with the last of a file's its locks go. */
  closing(fd: number): void {
    const key = this.#ofDescriptor.get(fd);
    const holder = key === undefined ? undefined : this.#ofFile.get(key);
    if (key === undefined || !holder) return;
    this.#ofDescriptor.delete(fd);
    holder.users.delete(fd);
    if (holder.users.size > 0) return;
    this.#ofFile.delete(key);
    this.#env.sys.close(holder.fd);
  }

  #holder(fd: number): Holder {
    let key = this.#ofDescriptor.get(fd);
    if (key === undefined) {
      const { dev, ino } = this.#env.sys.fstat(fd);
      key = `${dev}:${ino}`;
      this.#ofDescriptor.set(fd, key);
    }
    let holder = this.#ofFile.get(key);
    if (!holder) {
      const canWrite = this.#canWrite(fd);
      holder = { fd: this.#duplicate(fd), read: undefined, canWrite, users: new Set() };
      this.#ofFile.set(key, holder);
    }
    holder.users.add(fd);
    return holder;
  }

  /** A description that cannot be written through has no lock for writing: another one takes over. */
  #handOver(holder: Holder, fd: number): void {
    if (!this.#canWrite(fd)) return;
    const next = this.#duplicate(fd);
    if (holder.read) this.#env.sys.fcntl_lock(next, F_OFD_SETLK, holder.read);
    // Descriptors of the old one may stay open, so its lock is given up by name.
    const all = { type: F_UNLCK, whence: 0, start: 0, length: 0, pid: 0 };
    this.#env.sys.fcntl_lock(holder.fd, F_OFD_SETLK, all);
    this.#env.sys.close(holder.fd);
    holder.fd = next;
    holder.canWrite = true;
  }

  #canWrite(fd: number): boolean {
    return (this.#env.sys.fcntl(fd, F_GETFL, 0) & O_ACCMODE) !== 0;
  }

  #duplicate(fd: number): number {
    return this.#env.sys.fcntl(fd, F_DUPFD_CLOEXEC, 0);
  }
}
