/** `vm.fs.glob`: names in the machine that match patterns, as fs.promises.glob gives them. */
import { globMatcher } from "#values";
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
  const [cwd, matches] = await Promise.all([fs.realpath(options.cwd ?? "."), globMatcher()]);
  const search: Search = { fs, cwd, options, matches };
  const seen = new Set<string>();
  for (const pattern of patterns) {
    for await (const { path, entry } of walk(search, pattern)) {
      if (seen.has(path)) continue;
      seen.add(path);
      yield options.withFileTypes ? entry : path;
    }
  }
}

interface Search {
  readonly fs: VmFs;
  readonly cwd: string;
  readonly options: GlobOptions;
  readonly matches: (path: string, pattern: string) => boolean;
}

interface Match {
  readonly path: string;
  readonly entry: Dirent;
}

/** Walks only below the part of the pattern that is plain text, and no deeper than it reaches. */
async function* walk(search: Search, pattern: string): AsyncGenerator<Match> {
  const normal = posix.normalize(pattern).replace(/(.)\/+$/, "$1");
  const parts = normal.split("/");
  const magic = parts.findIndex((part) => MAGIC.test(part));
  if (magic < 0) {
    const entry = await statEntry(search, normal);
    if (entry && !isExcluded(search, normal, entry)) yield { path: normal, entry };
    return;
  }
  const base = parts.slice(0, magic).join("/") || (normal.startsWith("/") ? "/" : "");
  const deep = parts.some((part) => part.includes("**"));
  const depth = deep ? Number.POSITIVE_INFINITY : parts.length - magic;
  if (parts[magic] === "**" && magic === parts.length - 1) {
    const path = base || ".";
    const entry = await statEntry(search, path);
    if (entry?.isDirectory() && !isExcluded(search, path, entry)) yield { path, entry };
  }
  yield* below(search, base, depth, normal);
}

async function* below(
  search: Search,
  folder: string,
  depth: number,
  pattern: string,
): AsyncGenerator<Match> {
  const { fs, cwd } = search;
  let entries: Dirent[];
  try {
    entries = await fs.readdir(posix.resolve(cwd, folder), { withFileTypes: true });
  } catch {
    // Not a directory, gone, or not ours to look into: nothing matches there.
    return;
  }
  for (const entry of entries) {
    const path = folder === "" ? entry.name : posix.join(folder, entry.name);
    if (isExcluded(search, path, entry)) continue;
    if (matches(search, path, pattern)) yield { path, entry };
    if (entry.isDirectory() && depth > 1) {
      yield* below(search, path, depth - 1, pattern);
    }
  }
}

function matches(search: Search, path: string, pattern: string): boolean {
  return path !== "" && search.matches(path, pattern);
}

function isExcluded(search: Search, path: string, entry: Dirent): boolean {
  const { exclude, withFileTypes } = search.options;
  if (typeof exclude === "function") return Boolean(exclude(withFileTypes ? entry : path));
  return exclude?.some((pattern) => matches(search, path, pattern)) ?? false;
}

async function statEntry({ fs, cwd }: Search, path: string): Promise<Dirent | undefined> {
  try {
    const whole = posix.resolve(cwd, path);
    const { mode } = await fs.lstat(whole);
    return new Dirent(posix.basename(whole), posix.dirname(whole), (mode & 0o170000) >> 12);
  } catch {
    return undefined;
  }
}
