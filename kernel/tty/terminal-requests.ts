/**
 * The requests of ioctl_tty(2) on either end of a pseudo-terminal. On a master they mean the terminal of
 * its slave, without the rules of job control: the master is the terminal, not one of its programs.
 */
import { Errno, fail } from "../errno.ts";
import type { TerminalRequests } from "../fd/open-file.ts";
import { Signal } from "../signals/numbers.ts";
import type { Call } from "../syscalls/call.ts";
import type { Termios, WinSize } from "../syscalls/types.ts";
import { controllingTerminal, requireForeground } from "./job-control.ts";
import type { Terminal } from "./terminal.ts";
import { normalizedTermios, TCIFLUSH, TCIOFLUSH, TCOFLUSH, TCSAFLUSH } from "./termios.ts";

export class SlaveRequests implements TerminalRequests {
  protected readonly pty: Terminal;

  constructor(pty: Terminal) {
    this.pty = pty;
  }

  getAttributes(): Termios {
    return this.pty.termios;
  }

  /** What is written is with the master at once, so TCSADRAIN has nothing to wait for. */
  setAttributes(call: Call, when: number, termios: Termios): void {
    if (when > TCSAFLUSH) fail(Errno.EINVAL);
    this.requireForeground(call);
    if (when === TCSAFLUSH) this.pty.flush(TCIFLUSH);
    this.pty.termios = normalizedTermios(termios);
  }

  flush(call: Call, queue: number): void {
    if (queue > TCIOFLUSH) fail(Errno.EINVAL);
    this.requireForeground(call);
    this.pty.flush(queue);
  }

  getWindowSize(): WinSize {
    return this.pty.windowSize;
  }

  setWindowSize(size: WinSize): void {
    this.pty.resize(size);
  }

  getForegroundGroup(call: Call): number {
    this.requireControlling(call);
    return this.pty.foreground?.id ?? 0;
  }

  setForegroundGroup(call: Call, pgid: number): void {
    const { kernel, process } = call;
    this.requireControlling(call);
    const { session } = process.group;
    if (this.pty.session !== session) fail(Errno.ENOTTY);
    if (pgid < 0) fail(Errno.EINVAL);
    this.requireForeground(call);
    const group = kernel.processes.group(pgid) ?? fail(Errno.ESRCH);
    if (group.session !== session) fail(Errno.EPERM);
    this.pty.foreground = group;
  }

  getSession(call: Call): number {
    this.requireControlling(call);
    return (this.pty.session ?? fail(Errno.ENOTTY)).id;
  }

  makeControlling(call: Call, steal: boolean): void {
    const { process } = call;
    const { session } = process.group;
    if (session.leader !== process) fail(Errno.EPERM);
    if (session.terminal === this.pty) return;
    if (session.terminal) fail(Errno.EPERM);
    if (this.pty.session && !(steal && process.credentials.privileged)) fail(Errno.EPERM);
    process.gaveTerminalUp = false;
    this.pty.control(session, process.group);
  }

  giveUpControlling(call: Call): void {
    const { process } = call;
    if (controllingTerminal(process) !== this.pty) fail(Errno.ENOTTY);
    if (process.group.session.leader === process) this.pty.release(false);
    else process.gaveTerminalUp = true;
  }

  slaveNumber(): number {
    return fail(Errno.ENOTTY);
  }

  lockSlave(_locked: boolean): void {
    fail(Errno.ENOTTY);
  }

  protected requireControlling(call: Call): void {
    if (controllingTerminal(call.process) !== this.pty) fail(Errno.ENOTTY);
  }

  /** A change by a background group stops it, whatever TOSTOP says. */
  protected requireForeground(call: Call): void {
    requireForeground(call, this.pty, Signal.SIGTTOU);
  }
}

export class MasterRequests extends SlaveRequests {
  override slaveNumber(): number {
    return this.pty.number;
  }

  override lockSlave(locked: boolean): void {
    this.pty.isLocked = locked;
  }

  /** Its input is what programs wrote, its output what is typed. */
  override flush(_call: Call, queue: number): void {
    if (queue > TCIOFLUSH) fail(Errno.EINVAL);
    const mirrored = queue === TCIFLUSH ? TCOFLUSH : queue === TCOFLUSH ? TCIFLUSH : TCIOFLUSH;
    this.pty.flush(mirrored);
  }

  override getForegroundGroup(_call: Call): number {
    return this.pty.foreground?.id ?? 0;
  }

  override getSession(_call: Call): number {
    return (this.pty.session ?? fail(Errno.ENOTTY)).id;
  }

  /** A master controls nobody. */
  override makeControlling(_call: Call, _steal: boolean): void {
    fail(Errno.EINVAL);
  }

  override giveUpControlling(_call: Call): void {
    fail(Errno.ENOTTY);
  }

  protected override requireForeground(_call: Call): void {}
}
