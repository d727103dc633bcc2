/** Errors of word expansion: printed where they happen, then unwinding to where bash goes on. */
import { Abandon, ExitShell } from "../errors.ts";
import type { Shell } from "../state.ts";

/** Status of a shell that `${x?}` or an unset variable under `set -u` ended; with -c it differs. */
const FATAL = 1;
const FATAL_IN_STRING = 127;

/** The rest of the line is not run. */
export function failExpansion(shell: Shell, message: string): never {
  shell.complain(message);
  throw new Abandon(1);
}

/** A script ends; an interactive shell only gives the line up. */
export function failFatally(shell: Shell, message: string): never {
  shell.complain(message);
  if (shell.isInteractive && shell.subshellDepth === 0) throw new Abandon(1);
  throw new ExitShell(fatalStatus(shell));
}

export function fatalStatus(shell: Shell): number {
  return shell.readsCommandString && shell.subshellDepth === 0 ? FATAL_IN_STRING : FATAL;
}

/** As bash ends where malloc(3) answers nothing. */
export function failForMemory(shell: Shell, bytes: number): never {
  shell.warn(`xmalloc: cannot allocate ${bytes} bytes`);
  if (shell.isInteractive && shell.subshellDepth === 0) throw new Abandon(2);
  throw new ExitShell(2);
}

export function failUnbound(shell: Shell, name: string): never {
  return failFatally(shell, `${name}: unbound variable`);
}
