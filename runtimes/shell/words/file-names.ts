/** Pathname expansion of the fields of a command, on the shell's system calls. */
import {
  AT_FDCWD,
  AT_SYMLINK_NOFOLLOW,
  type DirectoryEntry,
  DT_DIR,
  DT_LNK,
  KernelError,
  O_CLOEXEC,
  O_DIRECTORY,
  O_RDONLY,
  S_IFDIR,
  S_IFMT,
} from "../../../kernel/abi.ts";
import { fromLocale, inLocale } from "../byte-locale.ts";
import { expandGlob, type GlobEntry, type GlobFiles, type GlobOptions } from "../glob.ts";
import { hasPatternCharacters } from "../pattern.ts";
import type { Shell } from "../state.ts";
import type { MaybePromise } from "../task.ts";
import { failExpansion } from "./failures.ts";
import type { FieldSink } from "./sinks.ts";

/** Bytes of directory entries asked for at once. */
const ENTRIES_SIZE = 65_536;

/** The sink's fields with the names that match in the place of each pattern. */
export function expandNames(shell: Shell, sink: FieldSink): MaybePromise<string[]> {
  if (shell.options.noglob) return sink.fields;
  const options = globOptions(shell);
  for (const pattern of sink.patterns.values())
    if (hasPatternCharacters(pattern, options.extglob)) return expand(shell, sink, options);
  return sink.fields;
}

export function globOptions(shell: Shell): GlobOptions {
  const { extglob, dotglob, globstar, nocaseglob, globskipdots } = shell.shopt;
  const globIgnore = shell.variables.get("GLOBIGNORE");
  return { extglob, dotglob, globstar, nocaseglob, globskipdots, globIgnore };
}

async function expand(shell: Shell, sink: FieldSink, options: GlobOptions): Promise<string[]> {
  const files = new SystemFiles(shell);
  const result: string[] = [];
  for (const [number, field] of sink.fields.entries()) {
    const pattern = sink.patterns.get(number);
    const isPattern = pattern !== undefined && hasPatternCharacters(pattern, options.extglob);
    const names = isPattern ? await expandGlob(inLocale(shell, pattern), files, options) : [];
    if (names.length > 0) for (const name of names) result.push(fromLocale(shell, name));
    else if (isPattern && shell.shopt.failglob) failExpansion(shell, `no match: ${field}`);
    else if (!(isPattern && shell.shopt.nullglob)) result.push(field);
  }
  return result;
}

export class SystemFiles implements GlobFiles {
  readonly #shell: Shell;

  constructor(shell: Shell) {
    this.#shell = shell;
  }

  async readDirectory(path: string): Promise<readonly GlobEntry[] | undefined> {
    const { sys } = this.#shell;
    let fd: number;
    try {
      fd = await sys.openat(
        AT_FDCWD,
        path === "" ? "." : path,
        O_RDONLY | O_DIRECTORY | O_CLOEXEC,
        0,
      );
    } catch (error) {
      return undefinedIfKernel(error);
    }
    const entries: GlobEntry[] = [];
    try {
      for (;;) {
        const batch = await sys.getdents64(fd, ENTRIES_SIZE);
        if (batch.length === 0) return entries;
        for (const entry of batch)
          if (entry.name !== "." && entry.name !== "..")
            entries.push({ ...toGlobEntry(entry), name: inLocale(this.#shell, entry.name) });
        const pause = sys.checkpoint();
        if (pause) await pause;
      }
    } catch (error) {
      return undefinedIfKernel(error);
    } finally {
      await sys.close(fd);
    }
  }

  async exists(path: string): Promise<boolean> {
    return (await this.#mode(path, AT_SYMLINK_NOFOLLOW)) !== undefined;
  }

  async isDirectory(path: string): Promise<boolean> {
    return (await this.#mode(path, 0)) === S_IFDIR;
  }

  async #mode(path: string, flags: number): Promise<number | undefined> {
    try {
      const { mode } = await this.#shell.sys.newfstatat(AT_FDCWD, path, flags);
      return mode & S_IFMT;
    } catch (error) {
      return undefinedIfKernel(error);
    }
  }
}

function toGlobEntry({ name, type }: DirectoryEntry): GlobEntry {
  return { name, type: type === DT_DIR ? "directory" : type === DT_LNK ? "symlink" : "other" };
}

function undefinedIfKernel(error: unknown): undefined {
  if (error instanceof KernelError) return undefined;
  throw error;
}
