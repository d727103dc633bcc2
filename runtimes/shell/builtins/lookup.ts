/** What a command name means, in the order in which the shell looks: for `type` and `command -v`. */
import { isExecutable, testFile } from "../file-tests.ts";
import type { ShellFunction } from "../functions.ts";
import type { Shell } from "../state.ts";

export type Meaning =
  | { readonly kind: "alias"; readonly value: string }
  | { readonly kind: "keyword" }
  | { readonly kind: "function"; readonly definition: ShellFunction }
  | { readonly kind: "builtin"; readonly isSpecial: boolean }
  | { readonly kind: "file"; readonly path: string; readonly isHashed: boolean };

const KEYWORDS =
  "if then else elif fi case esac for select while until do done in function time { } ! [[ ]] coproc";

export const RESERVED_WORDS: ReadonlySet<string> = new Set(KEYWORDS.split(" "));

export interface LookupOptions {
  /** Every meaning, not only the one that counts. */
  readonly all: boolean;
  readonly functions: boolean;
  /** Files only. */
  readonly onlyFiles: boolean;
}

export async function lookUp(
  shell: Shell,
  name: string,
  options: LookupOptions,
): Promise<Meaning[]> {
  const found = options.onlyFiles ? [] : meaningsInShell(shell, name, options.functions);
  const [first] = found;
  if (first !== undefined && !options.all) return [first];
  if (name.includes("/")) {
    if (await isExecutable(shell.sys, name))
      found.push({ kind: "file", path: name, isHashed: false });
    return found;
  }
  const hashed = shell.hashed.get(name);
  if (hashed !== undefined && !options.all) {
    return [{ kind: "file", path: hashed.path, isHashed: true }];
  }
  for (const path of await findInPath(shell, name, options.all)) {
    found.push({ kind: "file", path, isHashed: false });
  }
  return found;
}

/** Where PATH has `name` as a program: the first place, or all. A file that cannot run is better than none. */
export async function findInPath(
  shell: Shell,
  name: string,
  all: boolean,
  searchPath = shell.variables.get("PATH") ?? "",
): Promise<string[]> {
  const found: string[] = [];
  let unusable: string | undefined;
  if (name === "") return found;
  for (const directory of searchPath.split(":")) {
    const path = directory === "" ? `./${name}` : `${directory.replace(/(?<=.)\/$/u, "")}/${name}`;
    if (found.includes(path)) continue;
    if (await isExecutable(shell.sys, path)) {
      found.push(path);
      if (!all) break;
    } else if (unusable === undefined && (await testFile(shell.sys, "-f", path))) unusable = path;
  }
  return found.length === 0 && unusable !== undefined ? [unusable] : found;
}

function meaningsInShell(shell: Shell, name: string, functions: boolean): Meaning[] {
  const found: Meaning[] = [];
  const value = shell.shopt.expand_aliases ? shell.aliases.get(name) : undefined;
  if (value !== undefined) found.push({ kind: "alias", value });
  if (RESERVED_WORDS.has(name)) found.push({ kind: "keyword" });
  const definition = functions ? shell.functions.get(name) : undefined;
  const builtin = shell.disabledBuiltins.has(name) ? undefined : shell.builtins.get(name);
  if (definition !== undefined) found.push({ kind: "function", definition });
  if (builtin !== undefined) found.push({ kind: "builtin", isSpecial: builtin.special === true });
  return found;
}
