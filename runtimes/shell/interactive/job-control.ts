/** Taking charge of a terminal: a process group of the shell's own that has it, and jobs in theirs. */
import {
  AT_FDCWD,
  F_DUPFD_CLOEXEC,
  KernelError,
  O_CLOEXEC,
  O_RDWR,
  SIG_DFL,
  SIG_IGN,
  Signal,
} from "../../../kernel/abi.ts";
import { strerror } from "../../../kernel/index.ts";
import type { Shell } from "../state.ts";

/** Far from the numbers that scripts use. */
const TERMINAL_FD = 255;

/** Gives the terminal back to the group that had it. */
export type EndJobControl = () => Promise<void>;

/** Sets `shell.terminal`, or says why there is no job control. */
export async function startJobControl(shell: Shell): Promise<EndJobControl> {
  // An interactive shell outlives these, whatever its jobs do.
  await shell.sys.rt_sigaction(Signal.SIGQUIT, { handler: SIG_IGN, mask: 0n, flags: 0 });
  try {
    const terminal = await openTerminal(shell);
    const former = await takeTerminal(shell, terminal);
    shell.terminal = terminal;
    shell.options.monitor = true;
    return () => giveBack(shell, terminal, former);
  } catch (error) {
    if (!(error instanceof KernelError)) throw error;
    const pgid = await shell.sys.getpgid(0);
    const reason = strerror(error.errno);
    shell.output.warn(
      `${shell.name}: cannot set terminal process group (${pgid}): ${reason}\n` +
        `${shell.name}: no job control in this shell\n`,
    );
    return () => Promise.resolve();
  }
}

async function openTerminal(shell: Shell): Promise<number> {
  const { sys } = shell;
  let fd: number;
  try {
    fd = await sys.openat(AT_FDCWD, "/dev/tty", O_RDWR | O_CLOEXEC, 0);
  } catch (error) {
    if (!(error instanceof KernelError)) throw error;
    // Standard error is where a terminal is most likely left.
    return await sys.fcntl(2, F_DUPFD_CLOEXEC, TERMINAL_FD);
  }
  const high = await sys.fcntl(fd, F_DUPFD_CLOEXEC, TERMINAL_FD);
  await sys.close(fd);
  return high;
}

/** Waits until the shell is in the foreground, then makes a group of its own; the group before. */
async function takeTerminal(shell: Shell, terminal: number): Promise<number> {
  const { sys } = shell;
  for (;;) {
    const own = await sys.getpgid(0);
    const foreground = await sys.tiocgpgrp(terminal);
    if (own === foreground) break;
    await sys.rt_sigaction(Signal.SIGTTIN, { handler: SIG_DFL, mask: 0n, flags: 0 });
    await sys.kill(0, Signal.SIGTTIN);
    await sys.checkpoint();
    await sys.rt_sigaction(Signal.SIGTTIN, { handler: SIG_IGN, mask: 0n, flags: 0 });
  }
  const former = await sys.getpgid(0);
  if (former !== sys.pid && (await sys.getsid(0)) !== sys.pid) await sys.setpgid(0, 0);
  await sys.tiocspgrp(terminal, await sys.getpgid(0));
  return former;
}

async function giveBack(shell: Shell, terminal: number, former: number): Promise<void> {
  try {
    await shell.sys.tiocspgrp(terminal, former);
  } catch (error) {
    if (!(error instanceof KernelError)) throw error;
  }
}
