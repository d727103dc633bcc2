/**
 * The pseudo-terminals of one machine. The device files /dev/ptmx, /dev/pts/N and /dev/tty open
 * through here.
 */
import { Errno, fail } from "../errno.ts";
import { isReadable, O_CLOEXEC, O_NOCTTY } from "../fd/flags.ts";
import type { OpenFile } from "../fd/open-file.ts";
import type { Kernel } from "../kernel.ts";
import { PTY_MAX } from "../limits.ts";
import type { Call } from "../syscalls/call.ts";
import { controllingTerminal } from "./job-control.ts";
import { MasterFile, SlaveFile } from "./pty-file.ts";
import { type SlaveNode, Terminal } from "./terminal.ts";

/** Group `tty`, which may write to every terminal (devpts). */
const TTY_GROUP = 5;

export class PtyTable {
  readonly #kernel: Kernel;
  readonly #terminals = new Map<number, Terminal>();

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
  }

  /** Numbers of the slaves that can be opened: the names in /dev/pts. */
  numbers(): number[] {
    const open = [...this.#terminals.values()].filter((terminal) => !terminal.isHungUp);
    return open.map((terminal) => terminal.number).sort((a, b) => a - b);
  }

  /** Owner and permissions of slave `number`; undefined where there is none. */
  slave(number: number): SlaveNode | undefined {
    const terminal = this.#terminals.get(number);
    return terminal?.isHungUp === false ? terminal.node : undefined;
  }

  /** Opens /dev/ptmx: a new pair's master, its slave locked. */
  openMaster(call: Call, flags: number): OpenFile {
    let number = 0;
    while (this.#terminals.has(number)) number++;
    if (number >= PTY_MAX) fail(Errno.ENOSPC);
    const { euid } = call.process.credentials;
    const node = { uid: euid, gid: TTY_GROUP, mode: 0o620 };
    const terminal = new Terminal(this.#kernel, number, node);
    this.#terminals.set(number, terminal);
    return new MasterFile(terminal, flags & ~ONCE);
  }

  /** Opens /dev/pts/`number`; without O_NOCTTY a session leader gets its controlling terminal. */
  openSlave(call: Call, number: number, flags: number): OpenFile {
    const terminal = this.#terminals.get(number);
    if (!terminal || terminal.isHungUp) fail(Errno.ENXIO);
    if (terminal.isLocked) fail(Errno.EIO);
    const file = new SlaveFile(terminal, flags & ~ONCE);
    const { process } = call;
    const { session } = process.group;
    const wants = (flags & O_NOCTTY) === 0 && isReadable(flags) && session.leader === process;
    if (wants && !session.terminal && !terminal.session) {
      process.gaveTerminalUp = false;
      terminal.control(session, process.group);
    }
    return file;
  }

  /** Opens /dev/tty: the controlling terminal; ENXIO where there is none. */
  openControlling(call: Call, flags: number): OpenFile {
    const terminal = controllingTerminal(call.process) ?? fail(Errno.ENXIO);
    return new SlaveFile(terminal, flags & ~ONCE);
  }

  /** One side of `terminal` was closed; its number is free once the other is, too. */
  forget(terminal: Terminal): void {
    if (terminal.isGone && this.#terminals.get(terminal.number) === terminal) {
      this.#terminals.delete(terminal.number);
    }
  }
}

/** Flags that act at opening and leave no trace in the description. */
const ONCE = O_NOCTTY | O_CLOEXEC;
