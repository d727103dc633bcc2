/**
 * A pseudo-terminal: a line discipline between a master (the screen and keyboard) and a slave (the
 * programs' side), whose session it controls, and who waits on either side (pty(7), tty(4)).
 */
import { Errno, fail } from "../errno.ts";
import type { Kernel } from "../kernel.ts";
import type { ProcessGroup, Session } from "../process/group.ts";
import { sendSignal, sendToGroup } from "../signals/deliver.ts";
import { Signal } from "../signals/numbers.ts";
import type { Call } from "../syscalls/call.ts";
import type { Termios, WinSize } from "../syscalls/types.ts";
import { WaitQueue } from "../wait/wait-queue.ts";
import { requireForeground } from "./job-control.ts";
import { LineDiscipline } from "./line-discipline.ts";
import { ICANON, TCIFLUSH, TCIOFLUSH, TCOFLUSH, TOSTOP, VMIN, VTIME } from "./termios.ts";

/** The device node of a slave, which its owner may change. */
export interface SlaveNode {
  uid: number;
  gid: number;
  /** Permission bits alone. */
  mode: number;
}

export class Terminal {
  readonly kernel: Kernel;
  /** N of /dev/pts/N. */
  readonly number: number;
  readonly node: SlaveNode;
  /** The slave cannot be opened until the master unlocks it (TIOCSPTLCK). */
  isLocked = true;
  windowSize: WinSize = { rows: 0, cols: 0 };

  // Job control. `foreground` is a group of `session`, or of none.
  session: Session | undefined;
  foreground: ProcessGroup | undefined;

  // The two sides. A slave that was open and is not any more is an I/O error to the master.
  #isMasterOpen = true;
  #slaves = 0;
  #hadSlave = false;
  readonly #discipline = new LineDiscipline();
  /** Each wakes when something changed for its side: data, room, or the other end. */
  readonly masterQueue = new WaitQueue();
  readonly slaveQueue = new WaitQueue();

  constructor(kernel: Kernel, number: number, node: SlaveNode) {
    this.kernel = kernel;
    this.number = number;
    this.node = node;
  }

  get isHungUp(): boolean {
    return !this.#isMasterOpen;
  }

  /** Neither side is open: the number is free. */
  get isGone(): boolean {
    return !this.#isMasterOpen && this.#slaves === 0;
  }

  // The master's side

  /** The screen reads what was written; EIO once every slave was closed. */
  readMaster(call: Call, target: Uint8Array, nonBlocking: boolean): number {
    if (target.length === 0) return 0;
    const count = this.#discipline.takeOutput(target);
    if (count === 0) {
      if (this.isSlaveClosed) fail(Errno.EIO);
      return call.block(this.masterQueue, nonBlocking);
    }
    this.slaveQueue.wake();
    return count;
  }

  /** The keyboard types. */
  writeMaster(call: Call, source: Uint8Array, nonBlocking: boolean): number {
    call.progress += this.#discipline.input(source, call.progress);
    this.#afterInput();
    return finished(call, source, nonBlocking, this.masterQueue);
  }

  closeMaster(): void {
    this.#isMasterOpen = false;
    this.#hangUp();
    this.slaveQueue.wake();
  }

  get isSlaveClosed(): boolean {
    return this.#hadSlave && this.#slaves === 0;
  }

  get hasOutput(): boolean {
    return this.#discipline.hasOutput;
  }

  get outputLength(): number {
    return this.#discipline.outputLength;
  }

  get acceptsInput(): boolean {
    return this.#discipline.acceptsInput;
  }

  // The slave's side

  openSlave(): void {
    this.#slaves++;
    this.#hadSlave = true;
  }

  closeSlave(): void {
    if (--this.#slaves > 0) return;
    // A terminal that nobody has open controls nobody.
    this.detach();
    this.masterQueue.wake();
  }

  /** A program reads typed input; 0 is an end of file, or a hang-up. */
  readSlave(call: Call, target: Uint8Array, nonBlocking: boolean): number {
    if (this.isHungUp) return 0;
    requireForeground(call, this, Signal.SIGTTIN);
    if (target.length === 0) return 0;
    const count = this.#isCanonical
      ? this.#readLine(call, target, nonBlocking)
      : this.#readRaw(call, target, nonBlocking);
    this.masterQueue.wake();
    return count;
  }

  writeSlave(call: Call, source: Uint8Array, nonBlocking: boolean): number {
    if (this.isHungUp) fail(Errno.EIO);
    const stopsBackground = (this.termios.lflag & TOSTOP) !== 0;
    if (stopsBackground && call.progress === 0) requireForeground(call, this, Signal.SIGTTOU);
    const count = this.#discipline.write(source, call.progress);
    call.progress += count;
    if (count > 0) this.masterQueue.wake();
    return finished(call, source, nonBlocking, this.slaveQueue);
  }

  /** True where a read has an answer at once, as poll sees it. */
  get hasInput(): boolean {
    if (this.#isCanonical) return this.#discipline.hasInput;
    const { cc } = this.termios;
    const least = cc[VTIME] === 0 ? Math.max(cc[VMIN] as number, 1) : 1;
    return this.#discipline.inputLength >= least;
  }

  get inputLength(): number {
    return this.#discipline.inputLength;
  }

  get acceptsOutput(): boolean {
    return this.#discipline.acceptsOutput;
  }

  // Settings

  get termios(): Termios {
    return this.#discipline.termios;
  }

  set termios(termios: Termios) {
    this.#discipline.termios = termios;
    this.slaveQueue.wake();
    this.masterQueue.wake();
  }

  /** Discards what was typed and not read, or written and not shown. */
  flush(queue: number): void {
    if (queue === TCIFLUSH || queue === TCIOFLUSH) this.#discipline.flushInput();
    if (queue === TCOFLUSH || queue === TCIOFLUSH) this.#discipline.flushOutput();
    this.masterQueue.wake();
    this.slaveQueue.wake();
  }

  resize(size: WinSize): void {
    const { rows, cols } = this.windowSize;
    if (rows === size.rows && cols === size.cols) return;
    this.windowSize = { rows: size.rows & 0xffff, cols: size.cols & 0xffff };
    if (this.foreground) sendToGroup(this.kernel, this.foreground, Signal.SIGWINCH);
  }

  // Job control

  /** Becomes the controlling terminal of `session`; `group` comes into the foreground. */
  control(session: Session, group: ProcessGroup): void {
    this.detach();
    session.terminal = this;
    this.session = session;
    this.foreground = group;
  }

  /** Controls nobody any more. */
  detach(): void {
    if (this.session) this.session.terminal = undefined;
    this.session = undefined;
    this.foreground = undefined;
  }

  /** The session's leader ended, or gave the terminal up: its foreground group is told. */
  release(leaderEnded: boolean): void {
    const { foreground } = this;
    this.detach();
    if (!foreground) return;
    sendToGroup(this.kernel, foreground, Signal.SIGHUP);
    if (!leaderEnded) sendToGroup(this.kernel, foreground, Signal.SIGCONT);
  }

  /** The line is gone: the session's leader is told, and when it ends, so is the foreground. */
  #hangUp(): void {
    const { session, foreground } = this;
    this.detach();
    if (!session) return;
    session.lostForeground = foreground;
    const { leader } = session;
    if (!leader) return;
    sendSignal(this.kernel, leader, Signal.SIGHUP);
    sendSignal(this.kernel, leader, Signal.SIGCONT);
  }

  get #isCanonical(): boolean {
    return (this.termios.lflag & ICANON) !== 0;
  }

  #readLine(call: Call, target: Uint8Array, nonBlocking: boolean): number {
    if (this.#discipline.hasInput) return this.#discipline.read(target);
    return call.block(this.slaveQueue, nonBlocking);
  }

  /** Non-canonical input: at least VMIN bytes, or what came within VTIME tenths of a second. */
  #readRaw(call: Call, target: Uint8Array, nonBlocking: boolean): number {
    const { cc } = this.termios;
    const least = cc[VMIN] as number;
    const tenths = cc[VTIME] as number;
    const have = this.#discipline.inputLength;
    const isEnough = have > 0 && have >= Math.min(least, target.length);
    if (isEnough || (nonBlocking && have > 0) || (least === 0 && tenths === 0)) {
      return this.#discipline.read(target);
    }
    if (tenths > 0 && (least === 0 || have > 0) && !nonBlocking) {
      const now = this.kernel.host.clock.monotonic();
      // With VMIN the time runs between bytes, and not before the first.
      if (call.deadline === undefined || (least > 0 && have > call.progress)) {
        call.progress = have;
        call.deadline = now + BigInt(tenths) * 100_000_000n;
      }
      if (now >= call.deadline) return this.#discipline.read(target);
    }
    return call.block(this.slaveQueue, nonBlocking);
  }

  #afterInput(): void {
    for (const signal of this.#discipline.signals.splice(0)) {
      if (this.foreground) sendToGroup(this.kernel, this.foreground, signal);
    }
    if (this.#discipline.hasOutput) this.masterQueue.wake();
    this.slaveQueue.wake();
  }
}

/** The end of a write's attempt: all was taken, or what may be returned, or a wait. */
function finished(call: Call, source: Uint8Array, nonBlocking: boolean, queue: WaitQueue): number {
  if (call.progress === source.length) return call.progress;
  if (call.progress > 0) {
    if (nonBlocking) return call.progress;
    call.partial = call.progress;
  }
  return call.block(queue, nonBlocking);
}
