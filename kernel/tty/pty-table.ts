/**
 * The pseudo-terminals of one machine. The device files /dev/ptmx, /dev/pts/N and /dev/tty open
 * through here.
 */
import { Errno, fail } from "../errno.ts";
import type { OpenFile } from "../fd/open-file.ts";
import type { Kernel } from "../kernel.ts";
import type { Call } from "../syscalls/call.ts";

export class PtyTable {
  readonly kernel: Kernel;

  constructor(kernel: Kernel) {
    this.kernel = kernel;
  }

  /** Numbers of the slaves that exist: the names in /dev/pts. */
  numbers(): number[] {
    return [];
  }

  /** Owner and permissions of slave `number`; undefined where there is none. */
  slave(_number: number): SlaveNode | undefined {
    return undefined;
  }

  /** Opens /dev/ptmx: a new pair's master. */
  openMaster(_call: Call, _flags: number): OpenFile {
    return fail(Errno.ENOSPC);
  }

  /** Opens /dev/pts/`number`; without O_NOCTTY a session leader gets its controlling terminal. */
  openSlave(_call: Call, _number: number, _flags: number): OpenFile {
    return fail(Errno.ENXIO);
  }

  /** Opens /dev/tty: the controlling terminal; ENXIO where there is none. */
  openControlling(_call: Call, _flags: number): OpenFile {
    return fail(Errno.ENXIO);
  }
}

/** The device node of a slave, which its owner may change. */
export interface SlaveNode {
  uid: number;
  gid: number;
  /** Permission bits alone. */
  mode: number;
}
