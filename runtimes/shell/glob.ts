/**
 * File name expansion: one pattern in, the sorted names that match out. The file system is reached
 * through `GlobFiles`, which may answer with promises. Stands between word expansion and the
 * system calls; `pattern.ts` compares the names.
 *
 * @see https://www.gnu.org/software/bash/manual/html_node/Filename-Expansion.html
 */
import { compareBytes } from "./compare.ts";
import { compilePattern, hasPatternCharacters, removePatternQuoting } from "./pattern.ts";

type MaybePromise<T> = T | Promise<T>;

export interface GlobFiles {
  /** The entries without `.` and `..`; undefined when `path` cannot be read as a directory. */
  readDirectory(path: string): MaybePromise<readonly GlobEntry[] | undefined>;
  /** Something has this name, be it a dangling symbolic link. */
  exists(path: string): MaybePromise<boolean>;
  /** The name leads to a directory, symbolic links followed. */
  isDirectory(path: string): MaybePromise<boolean>;
}

export interface GlobEntry {
  readonly name: string;
  readonly type: "directory" | "symlink" | "other";
}

export interface GlobOptions {
  readonly extglob: boolean;
  readonly dotglob: boolean;
  readonly globstar: boolean;
  readonly nocaseglob: boolean;
  /** `.` and `..` never match (on by default). */
  readonly globskipdots: boolean;
  /** The value of GLOBIGNORE; empty or undefined: none. */
  readonly globIgnore: string | undefined;
}

/** More names than this are an error: a pattern with many stars and `..` must not fill memory. */
const MAX_RESULTS = 2_000_000;

export class TooManyNames extends Error {
  constructor() {
    super("too many file names match");
  }
}

/**
 * Expands `pattern`, in which a backslash quotes the next character. An empty result means that
 * nothing matched: `nullglob` and `failglob` are the caller's.
 */
export async function expandGlob(
  pattern: string,
  files: GlobFiles,
  options: GlobOptions,
): Promise<string[]> {
  const ignore = options.globIgnore ? splitIgnoreList(options.globIgnore) : [];
  const walker = new Walker(files, {
    ...options,
    dotglob: options.dotglob || ignore.length > 0,
    globskipdots: options.globskipdots || ignore.length > 0,
  });
  const names = await walker.expand(splitPath(pattern));
  const kept =
    ignore.length === 0 ? names : names.filter((name) => !isIgnored(name, ignore, options));
  return [...new Set(kept)].sort(compareBytes);
}

interface Component {
  readonly text: string;
  /** The slashes before it, as written. */
  readonly separator: string;
}

function splitPath(pattern: string): Component[] {
  const components: Component[] = [];
  const unquotedSlashes = pattern.replace(/\\(.)/gsu, (pair, quoted) =>
    quoted === "/" ? "/" : pair,
  );
  for (const match of unquotedSlashes.matchAll(/(\/*)([^/]*)/gu)) {
    const [, separator = "", text = ""] = match;
    if (separator !== "" || text !== "") components.push({ separator, text });
  }
  return components;
}

class Walker {
  readonly #files: GlobFiles;
  readonly #options: GlobOptions;

  constructor(files: GlobFiles, options: GlobOptions) {
    this.#files = files;
    this.#options = options;
  }

  /** Walks component by component; the prefixes are the names found so far. */
  async expand(components: readonly Component[]): Promise<string[]> {
    let prefixes = [""];
    let literalSoFar = true;
    const isRelative = components[0]?.separator === "";
    for (let index = 0; index < components.length; index++) {
      const { separator, text } = components[index] as Component;
      // `**` may stand for no directory at all: the name then begins with the next component.
      const join = (prefix: string) => (prefix === "" && isRelative ? "" : prefix + separator);
      if (this.#isGlobStar(text)) {
        const first = index;
        while (this.#isGlobStar(components[index + 1]?.text ?? "")) index++;
        const next = components[index + 1];
        const wanted = next === undefined ? "files" : next.text === "" ? "links" : "directories";
        const namesStart = literalSoFar && index === first;
        prefixes = await this.#flatMap(prefixes, (prefix) =>
          this.#globStar(prefix, join(prefix), wanted, namesStart),
        );
        literalSoFar = false;
      } else if (hasPatternCharacters(text, this.#options.extglob)) {
        prefixes = await this.#flatMap(prefixes, (prefix) => this.#match(join(prefix), text));
        literalSoFar = false;
      } else {
        const literal = removePatternQuoting(text);
        const mustExist = index === components.length - 1 && !literalSoFar;
        prefixes = await this.#flatMap(prefixes, (prefix) =>
          mustExist ? this.#append(prefix, join(prefix), literal) : [join(prefix) + literal],
        );
      }
      if (prefixes.length === 0) return [];
    }
    return prefixes;
  }

  #isGlobStar(text: string): boolean {
    return this.#options.globstar && text === "**";
  }

  async #flatMap(
    prefixes: readonly string[],
    expandOne: (prefix: string) => MaybePromise<readonly string[]>,
  ): Promise<string[]> {
    const results: string[] = [];
    for (const prefix of prefixes) {
      for (const name of await expandOne(prefix)) results.push(name);
      if (results.length > MAX_RESULTS) throw new TooManyNames();
    }
    return results;
  }

  async #match(directory: string, text: string): Promise<string[]> {
    const entries = await this.#files.readDirectory(directory || ".");
    if (entries === undefined) return [];
    const { extglob, nocaseglob, dotglob, globskipdots } = this.#options;
    const pattern = compilePattern(text, { extglob, ignoreCase: nocaseglob });
    const names: string[] = [];
    for (const { name } of entries) {
      const matches = dotglob ? pattern.matches(name) : pattern.matchesVisible(name);
      if (matches) names.push(directory + name);
    }
    if (!globskipdots) {
      for (const name of [".", ".."])
        if (pattern.matchesVisible(name)) names.push(directory + name);
    }
    return names;
  }

  /** A last component without pattern characters behind one with them: it has to exist. */
  async #append(prefix: string, directory: string, literal: string): Promise<string[]> {
    const path = directory + literal;
    if (path === "") return [];
    const found = literal === "" ? this.#files.isDirectory(prefix) : this.#files.exists(path);
    return (await found) ? [path] : [];
  }

  /**
   * `**`: as the last component every file below, else every directory below (and the links that
   * may lead to one, for `**` + `/`), beginning with the start itself. Links are not followed.
   */
  async #globStar(
    prefix: string,
    start: string,
    wanted: "files" | "links" | "directories",
    namesStart: boolean,
  ): Promise<string[]> {
    const results: string[] = [];
    if (wanted !== "files") results.push(prefix);
    else if (start !== "" && (await this.#files.isDirectory(start))) {
      results.push(namesStart ? start : prefix);
    }
    const pending = [start];
    while (pending.length > 0) {
      const directory = pending.pop() as string;
      for (const { name, type } of (await this.#files.readDirectory(directory || ".")) ?? []) {
        if (name.startsWith(".") && !this.#options.dotglob) continue;
        const path = directory + name;
        if (type === "directory") pending.push(`${path}/`);
        const isWanted = type === "directory" || (type === "symlink" && wanted === "links");
        if (isWanted || wanted === "files") results.push(path);
      }
      if (results.length > MAX_RESULTS) throw new TooManyNames();
    }
    return results;
  }
}

/** Splits GLOBIGNORE at colons that no backslash or bracket hides. */
function splitIgnoreList(value: string): string[] {
  return (value.match(/(?:\\.|\[[!^]?\]?[^\]]*\]|[^:])+/gsu) ?? []).filter((item) => item !== "");
}

function isIgnored(name: string, ignore: readonly string[], options: GlobOptions): boolean {
  const { extglob, nocaseglob } = options;
  const parts = name.split("/");
  return ignore.some((pattern) => {
    const patterns = pattern.split("/");
    if (patterns.length !== parts.length) return false;
    return patterns.every((one, index) =>
      compilePattern(one, { extglob, ignoreCase: nocaseglob }).matches(parts[index] as string),
    );
  });
}
