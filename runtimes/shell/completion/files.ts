/** File names that begin with a text, for completion. */
import {
  AT_FDCWD,
  DT_DIR,
  DT_LNK,
  KernelError,
  O_CLOEXEC,
  O_DIRECTORY,
  O_RDONLY,
} from "../../../kernel/abi.ts";
import { isDirectory, isExecutable } from "../file-tests.ts";
import type { Shell } from "../state.ts";
import { expandTilde } from "../words/home.ts";

const BATCH = 65_536;

interface Entry {
  readonly name: string;
  readonly type: number;
}

/** Paths, as written, that begin with `word`, the home directory unexpanded. */
export async function fileNames(
  shell: Shell,
  word: string,
  onlyDirectories: boolean,
): Promise<string[]> {
  const slash = word.lastIndexOf("/") + 1;
  const [directory, start] = [word.slice(0, slash), word.slice(slash)];
  const path = expandHome(shell, directory) || ".";
  const names: string[] = [];
  for (const { name, type } of await readDirectory(shell, path)) {
    if (!name.startsWith(start)) continue;
    const mayBeOne = type === DT_DIR || type === DT_LNK;
    if (onlyDirectories && !(mayBeOne && (await isDirectory(shell.sys, `${path}/${name}`))))
      continue;
    names.push(directory + name);
  }
  return names;
}

/** Names of programs in PATH that begin with `word`. */
export async function executablesInPath(shell: Shell, word: string): Promise<string[]> {
  const names = new Set<string>();
  for (const directory of (shell.variables.get("PATH") ?? "").split(":")) {
    const path = directory || ".";
    for (const { name } of await readDirectory(shell, path)) {
      if (!name.startsWith(word) || names.has(name)) continue;
      if (await isExecutable(shell.sys, `${path}/${name}`)) names.add(name);
    }
  }
  return [...names];
}

/** `~/x` and `~user/x` with the directory in place of the tilde. */
export function expandHome(shell: Shell, path: string): string {
  const match = /^~([^/]*)(.*)$/su.exec(path);
  return match === null ? path : expandTilde(shell, match[1] as string) + (match[2] as string);
}

/** The entries but `.` and `..`; none where it cannot be read. */
async function readDirectory(shell: Shell, path: string): Promise<Entry[]> {
  const { sys } = shell;
  const entries: Entry[] = [];
  try {
    const fd = await sys.openat(AT_FDCWD, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
    try {
      for (;;) {
        const batch = await sys.getdents64(fd, BATCH);
        if (batch.length === 0) break;
        for (const { name, type } of batch) {
          if (name !== "." && name !== "..") entries.push({ name, type });
        }
      }
    } finally {
      await sys.close(fd);
    }
  } catch (error) {
    if (!(error instanceof KernelError)) throw error;
  }
  return entries;
}
