/** The descriptors of one process: small numbers that refer to open file descriptions. */
import { Errno, fail } from "../errno.ts";
import type { Gauge } from "../gauges.ts";
import type { Process } from "../process/process.ts";
import type { OpenFile } from "./open-file.ts";

export class FdTable {
  readonly #files: (OpenFile | undefined)[] = [];
  readonly #closeOnExec: boolean[] = [];
  /** No number below this one is free. */
  #lowest = 0;
  /** RLIMIT_NOFILE: every number that is given out is below it. */
  limit: number;
  /** Whose table this is; record locks end with any of its owner's descriptors (fcntl_locking(2)). */
  owner: Process | undefined;
  /** Counts it with those of all other tables; undefined: it is the host's own. */
  readonly #gauge: Gauge | undefined;

  constructor(limit: number, gauge?: Gauge) {
    this.limit = limit;
    this.#gauge = gauge;
  }

  get(fd: number): OpenFile {
    return this.#files[fd] ?? fail(Errno.EBADF);
  }

  has(fd: number): boolean {
    return this.#files[fd] !== undefined;
  }

  /** Puts `file` on the lowest free number from `min` on. EMFILE closes a file that nobody else holds. */
  install(file: OpenFile, closeOnExec: boolean, min = 0): number {
    file.acquire();
    let fd = Math.max(min, this.#lowest);
    while (this.#files[fd] !== undefined) fd++;
    if (fd >= this.limit || this.#gauge?.admits(1) === false) {
      file.release();
      fail(fd >= this.limit ? Errno.EMFILE : Errno.ENFILE);
    }
    this.#gauge?.force(1);
    if (min <= this.#lowest) this.#lowest = fd + 1;
    this.#put(fd, file, closeOnExec);
    return fd;
  }

  /** EMFILE where install would fail, before what it would install is made. */
  requireRoom(): void {
    let fd = this.#lowest;
    while (this.#files[fd] !== undefined) fd++;
    this.#lowest = fd;
    if (fd >= this.limit) fail(Errno.EMFILE);
  }

  /** Puts `file` on `fd` and closes what was there (dup2). */
  replace(fd: number, file: OpenFile, closeOnExec: boolean): void {
    if (fd < 0 || fd >= this.limit) fail(Errno.EBADF);
    const old = this.#files[fd];
    if (!old) this.#gauge?.take(1, Errno.ENFILE);
    file.acquire();
    this.#put(fd, file, closeOnExec);
    if (old) this.#letGo(old);
  }

  close(fd: number): void {
    const file = this.get(fd);
    this.#files[fd] = undefined;
    this.#gauge?.give(1);
    if (fd < this.#lowest) this.#lowest = fd;
    this.#letGo(file);
  }

  closesOnExec(fd: number): boolean {
    this.get(fd);
    return this.#closeOnExec[fd] === true;
  }

  setCloseOnExec(fd: number, on: boolean): void {
    this.get(fd);
    this.#closeOnExec[fd] = on;
  }

  /** A copy whose descriptors share the descriptions, as a child's do, counted by `gauge`; ENFILE. */
  clone(gauge: Gauge): FdTable {
    const numbers = this.numbers();
    gauge.take(numbers.length, Errno.ENFILE);
    const copy = new FdTable(this.limit, gauge);
    for (const fd of numbers) {
      copy.#put(fd, this.get(fd).acquire(), this.#closeOnExec[fd] === true);
    }
    copy.#lowest = this.#lowest;
    return copy;
  }

  /** Closes what is marked close-on-exec. */
  closeOnExec(): void {
    for (const fd of this.numbers()) if (this.#closeOnExec[fd] === true) this.#closeQuietly(fd);
  }

  closeAll(): void {
    for (const fd of this.numbers()) this.#closeQuietly(fd);
  }

  /** Open descriptors, ascending; a copy, so that the table may change meanwhile. */
  numbers(): number[] {
    const numbers: number[] = [];
    for (let fd = 0; fd < this.#files.length; fd++) if (this.#files[fd]) numbers.push(fd);
    return numbers;
  }

  /** A file that fails to close has nobody left to tell, and must not keep the others open. */
  #closeQuietly(fd: number): void {
    try {
      this.close(fd);
    } catch {
      // close(2) frees the descriptor whatever happens, and so did this one.
    }
  }

  #letGo(file: OpenFile): void {
    if (this.owner) file.descriptorClosed(this.owner);
    file.release();
  }

  #put(fd: number, file: OpenFile, closeOnExec: boolean): void {
    // Holes are filled, so that the array stays dense and fast.
    while (this.#files.length < fd) {
      this.#files.push(undefined);
      this.#closeOnExec.push(false);
    }
    this.#files[fd] = file;
    this.#closeOnExec[fd] = closeOnExec;
  }
}
