/**
 * What is known of descriptors that were just opened. Small files are read and written whole most of the
 * time, and each call of the kernel costs more than what it does: so opening tells what fstat would, and
 * nobody waits for a regular file to be closed.
 */
import { O_PATH, S_IFMT, S_IFREG, type Stat } from "../../../../kernel/abi.ts";
import type { Environment } from "../../environment.ts";

/** Milliseconds for which what opening told is good: what follows at once, not what follows a wait. */
const FRESH = 1;

export class OpenedFiles {
  readonly #env: Environment;
  /** Descriptors of regular files. */
  readonly #regular = new Set<number>();
  #fd = -1;
  #stat: Stat | undefined;
  #calls = 0;
  #time = 0;

  constructor(env: Environment) {
    this.#env = env;
  }

  /** openat; what fstat says of the file is remembered. */
  open(dirfd: number, path: string, flags: number, mode: number): number {
    const { sys, kernel } = this.#env;
    if ((flags & O_PATH) !== 0) return sys.openat(dirfd, path, flags, mode);
    const { fd, stat } = sys.openstat(dirfd, path, flags, mode);
    if ((stat.mode & S_IFMT) === S_IFREG) this.#regular.add(fd);
    else this.#regular.delete(fd);
    this.#fd = fd;
    this.#stat = stat;
    this.#calls = kernel.callCount;
    this.#time = Date.now();
    return fd;
  }

  /** What fstat says: without a call right behind `open`. */
  stat(fd: number): Stat {
    const { sys, kernel } = this.#env;
    const stat = fd === this.#fd && kernel.callCount === this.#calls ? this.#stat : undefined;
    return stat && Date.now() - this.#time <= FRESH ? stat : sys.fstat(fd);
  }

  /** True for a file that a short read has come to the end of. */
  isRegular(fd: number): boolean {
    return this.#regular.has(fd);
  }

  close(fd: number): void {
    const { sys, kernel } = this.#env;
    if (this.#regular.delete(fd) && kernel.closeSoon) kernel.closeSoon(fd);
    else sys.close(fd);
  }

  /** Somebody else closes it, and hears whether that failed. */
  forget(fd: number): void {
    this.#regular.delete(fd);
  }
}
