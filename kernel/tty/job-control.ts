/** Who may use a terminal now (tcsetpgrp(3), POSIX "Terminal Access Control"). */
import { Errno, fail } from "../errno.ts";
import type { Process } from "../process/process.ts";
import { sendToGroup } from "../signals/deliver.ts";
import { SIG_IGN, Signal } from "../signals/numbers.ts";
import type { Call } from "../syscalls/call.ts";
import { sleepOn } from "../wait/sleep.ts";
import type { Terminal } from "./terminal.ts";

/** The terminal that controls the session of `process`, unless the process itself gave it up. */
export function controllingTerminal(process: Process): Terminal | undefined {
  return process.gaveTerminalUp ? undefined : process.group.session.terminal;
}

/**
 * Returns where the caller may go on. A background group is sent `signal` and the call starts again when
 * it continues; where that cannot stop it, it may write but not read, and an orphaned group gets EIO.
 */
export function requireForeground(call: Call, terminal: Terminal, signal: number): void {
  const { kernel, process } = call;
  if (terminal.foreground === undefined || process.group === terminal.foreground) return;
  if (controllingTerminal(process) !== terminal) return;
  const { signals } = process;
  if (signals.isBlocked(signal) || signals.action(signal).handler === SIG_IGN) {
    if (signal === Signal.SIGTTOU) return;
    fail(Errno.EIO);
  }
  if (process.group.isOrphaned()) fail(Errno.EIO);
  sendToGroup(kernel, process.group, signal);
  sleepOn([]);
}
