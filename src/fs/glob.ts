/** `vm.fs.glob`: names in the machine that match patterns, as fs.promises.glob gives them. */
import { matchesGlob } from "#values";
import * as posix from "../values/posix-path.ts";
import { Dirent } from "./dirent.ts";
import type { VmFs } from "./vm-fs.ts";

export interface GlobOptions {
  /** Where patterns start. Default: the machine's working directory. */
  cwd?: string;
  /** Patterns that are left out, or a function that answers true for what is. */
  exclude?: readonly string[] | ((entry: string | Dirent) => boolean);
  withFileTypes?: boolean;
}

const MAGIC = /[*?[{]|^!|\+\(|@\(|!\(/;

export async function* glob(
  fs: VmFs,
  patterns: readonly string[],
  options: GlobOptions,
): AsyncGenerator<string | Dirent> {
  const cwd = await fs.realpath(options.cwd ?? ".");
  const seen = new Set<string>();
  for (const pattern of patterns) {
    for await (const { path, entry } of walk(fs, cwd, pattern, options)) {
      if (seen.has(path)) continue;
      seen.add(path);
      yield options.withFileTypes ? entry : path;
    }
  }
}

interface Match {
  readonly path: string;
  readonly entry: Dirent;
}

/** Walks only below the part of the pattern that is plain text, and no deeper than it reaches. */
async function* walk(
  fs: VmFs,
  cwd: string,
  pattern: string,
  options: GlobOptions,
): AsyncGenerator<Match> {
  const normal = posix.normalize(pattern).replace(/(.)\/+$/, "$1");
  const parts = normal.split("/");
  const magic = parts.findIndex((part) => MAGIC.test(part));
  if (magic < 0) {
    const entry = await statEntry(fs, cwd, normal);
    if (entry && !isExcluded(normal, entry, options)) yield { path: normal, entry };
    return;
  }
  const base = parts.slice(0, magic).join("/") || (normal.startsWith("/") ? "/" : "");
  const deep = parts.some((part) => part.includes("**"));
  const depth = deep ? Number.POSITIVE_INFINITY : parts.length - magic;
  if (parts[magic] === "**" && magic === parts.length - 1) {
    const path = base || ".";
    const entry = await statEntry(fs, cwd, path);
    if (entry?.isDirectory() && !isExcluded(path, entry, options)) yield { path, entry };
  }
  yield* below(fs, cwd, base, depth, normal, options);
}

async function* below(
  fs: VmFs,
  cwd: string,
  folder: string,
  depth: number,
  pattern: string,
  options: GlobOptions,
): AsyncGenerator<Match> {
  let entries: Dirent[];
  try {
    entries = await fs.readdir(posix.resolve(cwd, folder), { withFileTypes: true });
  } catch {
    // Not a directory, gone, or not ours to look into: nothing matches there.
    return;
  }
  for (const entry of entries) {
    const path = folder === "" ? entry.name : posix.join(folder, entry.name);
    if (isExcluded(path, entry, options)) continue;
    if (matchesPosix(path, pattern)) yield { path, entry };
    if (entry.isDirectory() && depth > 1) {
      yield* below(fs, cwd, path, depth - 1, pattern, options);
    }
  }
}

function matchesPosix(path: string, pattern: string): boolean {
  return path !== "" && matchesGlob(path, pattern);
}

function isExcluded(path: string, entry: Dirent, { exclude, withFileTypes }: GlobOptions): boolean {
  if (typeof exclude === "function") return Boolean(exclude(withFileTypes ? entry : path));
  return exclude?.some((pattern) => matchesPosix(path, pattern)) ?? false;
}

async function statEntry(fs: VmFs, cwd: string, path: string): Promise<Dirent | undefined> {
  try {
    const whole = posix.resolve(cwd, path);
    const { mode } = await fs.lstat(whole);
    return new Dirent(posix.basename(whole), posix.dirname(whole), (mode & 0o170000) >> 12);
  } catch {
    return undefined;
  }
}
