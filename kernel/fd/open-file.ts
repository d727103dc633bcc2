/**
 * An open file description: what descriptors point to, shared by dup and inheritance. Files, pipes,
 * terminals and later sockets extend it; what a kind does not support keeps the default's errno.
 */
import { Errno, fail } from "../errno.ts";
import type { Process } from "../process/process.ts";
import type { Call } from "../syscalls/call.ts";
import type { DirectoryEntry, Stat, StatFs, Termios, WinSize } from "../syscalls/types.ts";
import type { Location } from "../vfs/mount-table.ts";
import type { WaitQueue } from "../wait/wait-queue.ts";

export abstract class OpenFile {
  /** Access mode and status flags (O_ values); F_SETFL changes the latter. */
  flags: number;
  /** The place in the tree that it was opened at; undefined for what has none, such as a pipe. */
  location: Location | undefined;
  /** Descriptors and calls that hold it. */
  #references = 0;

  constructor(flags: number) {
    this.flags = flags;
  }

  /** Takes one reference. */
  acquire(): this {
    this.#references++;
    return this;
  }

  /** Gives one reference back; the last one closes the description. */
  release(): void {
    if (--this.#references === 0) this.closed();
  }

  /** True while one descriptor, or one call, alone holds it. */
  get isUnshared(): boolean {
    return this.#references === 1;
  }

  /** Bytes of several writes in a row that may be made as one, without anybody who could tell. */
  get mergeable(): number {
    return 0;
  }

  /** How bytes of the last read can go back; undefined where somebody else could read meanwhile. */
  get unread(): Unread | undefined {
    return undefined;
  }

  abstract stat(): Stat;

  /** POLL events that hold now, and the queue that wakes when they may have changed. */
  abstract poll(): { readonly events: number; readonly queue: WaitQueue | undefined };

  /** Fills `target` from `position` (undefined: the offset, which moves). 0 at end of file. May sleep. */
  read(_call: Call, _target: Uint8Array, _position: number | undefined): number {
    return fail(Errno.EINVAL);
  }

  write(_call: Call, _source: Uint8Array, _position: number | undefined): number {
    return fail(Errno.EINVAL);
  }

  seek(_offset: number, _whence: number): number {
    return fail(Errno.ESPIPE);
  }

  readDirectory(_size: number, _shows?: (name: string) => boolean): DirectoryEntry[] {
    return fail(Errno.ENOTDIR);
  }

  truncate(_call: Call, _length: number): void {
    fail(Errno.EINVAL);
  }

  allocate(_call: Call, _mode: number, _offset: number, _length: number): void {
    fail(Errno.ENODEV);
  }

  /** Makes it durable: at once, or when what it returns resolves. */
  sync(_dataOnly: boolean): void | Promise<void> {
    fail(Errno.EINVAL);
  }

  statfs(): StatFs {
    return fail(Errno.ENOSYS);
  }

  /** Terminals answer; everything else is ENOTTY. */
  get terminal(): TerminalRequests | undefined {
    return undefined;
  }

  /** FIONREAD. */
  readable(): number {
    return fail(Errno.ENOTTY);
  }

  /** Opens what has no place in the tree once more, through its link in /proc/PID/fd. */
  reopen(_call: Call, _flags: number): OpenFile {
    return fail(Errno.ENXIO);
  }

  /** `owner` closed a descriptor of this description: its record locks on the file end. */
  descriptorClosed(_owner: Process): void {}

  /** The last reference is gone. */
  protected closed(): void {}
}

export interface Unread {
  /** Puts back the last bytes that a read brought. */
  putBack(bytes: Uint8Array): void;
  /** The inode whose bytes others may change meanwhile; undefined where nobody can. */
  readonly changeable: object | undefined;
}

/** The ioctl_tty(2) requests; `call` names the process that asks. */
export interface TerminalRequests {
  getAttributes(): Termios;
  setAttributes(call: Call, when: number, termios: Termios): void;
  flush(call: Call, queue: number): void;
  getWindowSize(): WinSize;
  setWindowSize(size: WinSize): void;
  getForegroundGroup(call: Call): number;
  setForegroundGroup(call: Call, pgid: number): void;
  getSession(call: Call): number;
  makeControlling(call: Call, steal: boolean): void;
  giveUpControlling(call: Call): void;
  /** Masters only; ENOTTY on a slave. */
  slaveNumber(): number;
  lockSlave(locked: boolean): void;
}
