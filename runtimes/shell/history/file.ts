/** Reading and writing the history file. */
import {
  AT_FDCWD,
  KernelError,
  O_APPEND,
  O_CLOEXEC,
  O_CREAT,
  O_TRUNC,
  O_WRONLY,
} from "../../../kernel/abi.ts";
import { strerror } from "../../../kernel/index.ts";
import { ShellError } from "../errors.ts";
import { readScript } from "../execute/script-file.ts";
import type { Shell } from "../state.ts";
import { formatHistory, parseHistory } from "./file-text.ts";
import type { HistoryEntry } from "./list.ts";
import { limitHistory, sizeOf } from "./remember.ts";

export function historyFile(shell: Shell): string | undefined {
  return shell.variables.get("HISTFILE") || undefined;
}

/** Adds the entries of the file, or only those past the first `skip`. Throws ShellError. */
export async function readHistory(shell: Shell, path: string, skip = 0): Promise<void> {
  const entries = parseHistory(await readText(shell, path));
  shell.history.load(entries.slice(skip));
  shell.history.fileEntries = entries.length;
  limitHistory(shell);
}

/** Writes all entries, or appends those that are new. Throws ShellError. */
export async function writeHistory(shell: Shell, path: string, appends: boolean): Promise<void> {
  const { history } = shell;
  const entries = appends ? history.unsaved : history.entries;
  await writeEntries(shell, path, entries, appends);
  if (appends) history.fileEntries += entries.length;
  else history.fileEntries = entries.length;
  history.saved();
}

/** At the start of an interactive shell: a file that is not there is nothing to mention. */
export async function loadHistory(shell: Shell): Promise<void> {
  const path = historyFile(shell);
  if (path !== undefined) await quietly(() => readHistory(shell, path));
}

/** At its end. */
export async function saveHistory(shell: Shell): Promise<void> {
  const path = historyFile(shell);
  if (path === undefined || !shell.options.history || shell.history.unsaved.length === 0) return;
  await quietly(async () => {
    // More new entries than the history holds: what the file has is older than all of them.
    const appends =
      shell.shopt.histappend || shell.history.unsaved.length < shell.history.entries.length;
    await writeHistory(shell, path, appends);
    await truncateFile(shell, path);
  });
}

/** Applies HISTFILESIZE. */
async function truncateFile(shell: Shell, path: string): Promise<void> {
  const size = sizeOf(shell, "HISTFILESIZE");
  if (size === undefined) return;
  const entries = parseHistory(await readText(shell, path));
  if (entries.length > size)
    await writeEntries(shell, path, size === 0 ? [] : entries.slice(-size), false);
}

async function quietly(act: () => Promise<void>): Promise<void> {
  try {
    await act();
  } catch (error) {
    if (!(error instanceof ShellError)) throw error;
  }
}

async function readText(shell: Shell, path: string): Promise<string> {
  try {
    return await readScript(shell, path);
  } catch (error) {
    throw asShellError(error, path);
  }
}

async function writeEntries(
  shell: Shell,
  path: string,
  entries: readonly HistoryEntry[],
  appends: boolean,
): Promise<void> {
  const withTimes = shell.variables.get("HISTTIMEFORMAT") !== undefined;
  const { sys } = shell;
  try {
    const flags = O_WRONLY | O_CREAT | O_CLOEXEC | (appends ? O_APPEND : O_TRUNC);
    const fd = await sys.openat(AT_FDCWD, path, flags, 0o600);
    try {
      await shell.write(fd, formatHistory(entries, withTimes));
    } finally {
      await sys.close(fd);
    }
  } catch (error) {
    throw asShellError(error, path);
  }
}

function asShellError(error: unknown, path: string): unknown {
  if (!(error instanceof KernelError)) return error;
  return new ShellError(`${path}: ${strerror(error.errno)}`);
}
