/** The values of parameters: variables, positional and special parameters, elements of arrays. */
import { AssociativeArray, IndexedArray } from "../arrays.ts";
import type { Shell } from "../state.ts";
import { Attribute } from "../variable.ts";
import { Separators } from "./separators.ts";

export function separatorsOf(shell: Shell): Separators {
  shell.separators ??= new Separators(shell.variables.get("IFS"));
  return shell.separators;
}

/** The value of `$name`; undefined: unset. Not for `@` and `*`. */
export function parameterValue(shell: Shell, name: string): string | undefined {
  const code = name.charCodeAt(0);
  if (code > 0x39 && code !== 0x3f && (code !== 0x5f || name.length > 1))
    return shell.variables.get(name);
  switch (name) {
    case "?":
      return String(shell.status);
    case "#":
      return String(shell.positional.length);
    case "$":
      return String(shell.mainPid);
    case "!":
      return shell.lastBackgroundPid === undefined ? undefined : String(shell.lastBackgroundPid);
    case "-":
      return optionLetters(shell);
    case "_":
      return shell.lastArgument;
    case "0":
      return shell.name;
    default:
      return shell.positional[Number(name) - 1];
  }
}

/** The elements of `$@`, or of the array that `name[@]` means. A scalar is an array of one. */
export function elementsOf(shell: Shell, name: string): string[] {
  if (name === "@" || name === "*") return [...shell.positional];
  const value = shell.variables.value(name);
  if (value === undefined) return [];
  return typeof value === "string" ? [value] : value.values();
}

/** What `${!name[@]}` makes. */
export function keysOf(shell: Shell, name: string): string[] {
  const value = shell.variables.value(name);
  if (value === undefined) return [];
  if (typeof value === "string") return ["0"];
  return value instanceof IndexedArray ? value.indices().map(String) : value.keys();
}

export function isAssociative(shell: Shell, name: string): boolean {
  const variable = shell.variables.find(name);
  if (!variable) return false;
  return (
    variable.has(Attribute.ASSOCIATIVE) || shell.variables.value(name) instanceof AssociativeArray
  );
}

/** `name[key]`; a negative number counts from the end. Undefined: unset. "bad": before the first. */
export function elementAt(
  shell: Shell,
  name: string,
  key: string | number,
): { value: string | undefined; isBad: boolean } {
  const value = shell.variables.value(name);
  if (value instanceof AssociativeArray) return { value: value.get(String(key)), isBad: false };
  const index = Number(key);
  if (value instanceof IndexedArray) {
    const at = index < 0 ? value.last + 1 + index : index;
    return { value: at < 0 ? undefined : value.get(at), isBad: at < 0 };
  }
  const isFirst = index === 0 || (index === -1 && value !== undefined);
  return { value: isFirst ? value : undefined, isBad: index < 0 && !isFirst };
}

const OPTION_LETTERS = [
  ["allexport", "a"],
  ["notify", "b"],
  ["errexit", "e"],
  ["noglob", "f"],
  ["hashall", "h"],
  ["keyword", "k"],
  ["monitor", "m"],
  ["noexec", "n"],
  ["privileged", "p"],
  ["onecmd", "t"],
  ["nounset", "u"],
  ["verbose", "v"],
  ["xtrace", "x"],
  ["braceexpand", "B"],
  ["noclobber", "C"],
  ["errtrace", "E"],
  ["histexpand", "H"],
  ["physical", "P"],
  ["functrace", "T"],
] as const;

/** $- */
function optionLetters(shell: Shell): string {
  let letters = "";
  for (const [name, letter] of OPTION_LETTERS) {
    if (letter === "k" && shell.isInteractive) letters += "i";
    if (shell.options[name]) letters += letter;
  }
  return letters + (shell.readsCommandString ? "c" : "") + (shell.readsStandardInput ? "s" : "");
}
