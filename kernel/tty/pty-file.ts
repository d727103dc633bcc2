/** The two kinds of open file that a pseudo-terminal has. */
import { Errno, fail } from "../errno.ts";
import {
  O_NONBLOCK,
  POLLERR,
  POLLHUP,
  POLLIN,
  POLLOUT,
  POLLRDNORM,
  POLLWRNORM,
} from "../fd/flags.ts";
import { OpenFile, type TerminalRequests } from "../fd/open-file.ts";
import type { Call } from "../syscalls/call.ts";
import type { Stat } from "../syscalls/types.ts";
import { statOf } from "../vfs/inode-file.ts";
import type { WaitQueue } from "../wait/wait-queue.ts";
import type { Terminal } from "./terminal.ts";
import { MasterRequests, SlaveRequests } from "./terminal-requests.ts";

const READABLE = POLLIN | POLLRDNORM;
const WRITABLE = POLLOUT | POLLWRNORM;

abstract class PtyFile extends OpenFile {
  readonly pty: Terminal;

  constructor(pty: Terminal, flags: number) {
    super(flags);
    this.pty = pty;
  }

  override stat(): Stat {
    const { inode, mount } = this.location ?? fail(Errno.EIO);
    return statOf(inode.attributes(), mount);
  }

  protected get nonBlocking(): boolean {
    return (this.flags & O_NONBLOCK) !== 0;
  }
}

export class MasterFile extends PtyFile {
  override get terminal(): TerminalRequests {
    return new MasterRequests(this.pty);
  }

  override read(call: Call, target: Uint8Array, position: number | undefined): number {
    if (position !== undefined) fail(Errno.ESPIPE);
    return this.pty.readMaster(call, target, this.nonBlocking);
  }

  override write(call: Call, source: Uint8Array, position: number | undefined): number {
    if (position !== undefined) fail(Errno.ESPIPE);
    return this.pty.writeMaster(call, source, this.nonBlocking);
  }

  override poll(): { events: number; queue: WaitQueue } {
    const { pty } = this;
    let events = pty.hasOutput ? READABLE : 0;
    if (pty.acceptsInput) events |= WRITABLE;
    if (pty.isSlaveClosed) events |= POLLHUP;
    return { events, queue: pty.masterQueue };
  }

  override readable(): number {
    return this.pty.outputLength;
  }

  protected override closed(): void {
    this.pty.closeMaster();
    this.pty.kernel.ptys.forget(this.pty);
  }
}

export class SlaveFile extends PtyFile {
  constructor(pty: Terminal, flags: number) {
    super(pty, flags);
    pty.openSlave();
  }

  override get terminal(): TerminalRequests {
    return this.pty.isHungUp ? fail(Errno.EIO) : new SlaveRequests(this.pty);
  }

  override read(call: Call, target: Uint8Array, position: number | undefined): number {
    if (position !== undefined) fail(Errno.ESPIPE);
    return this.pty.readSlave(call, target, this.nonBlocking);
  }

  override write(call: Call, source: Uint8Array, position: number | undefined): number {
    if (position !== undefined) fail(Errno.ESPIPE);
    return this.pty.writeSlave(call, source, this.nonBlocking);
  }

  override poll(): { events: number; queue: WaitQueue } {
    const { pty } = this;
    if (pty.isHungUp) {
      return { events: READABLE | WRITABLE | POLLERR | POLLHUP, queue: pty.slaveQueue };
    }
    const events = (pty.hasInput ? READABLE : 0) | (pty.acceptsOutput ? WRITABLE : 0);
    return { events, queue: pty.slaveQueue };
  }

  override readable(): number {
    return this.pty.inputLength;
  }

  protected override closed(): void {
    this.pty.closeSlave();
    this.pty.kernel.ptys.forget(this.pty);
  }
}
