/** Shell options by name, as `set -o` and `shopt` show and change them. */
import type { SetOptions, ShoptOptions } from "../settings.ts";
import type { Shell } from "../state.ts";

export type SetOptionName = keyof SetOptions;
export type ShoptName = keyof ShoptOptions;

/** The letters of `set` with the names that they are short for. */
export const SET_LETTERS: ReadonlyMap<string, SetOptionName> = new Map([
  ["a", "allexport"],
  ["b", "notify"],
  ["e", "errexit"],
  ["f", "noglob"],
  ["h", "hashall"],
  ["k", "keyword"],
  ["m", "monitor"],
  ["n", "noexec"],
  ["p", "privileged"],
  ["t", "onecmd"],
  ["u", "nounset"],
  ["v", "verbose"],
  ["x", "xtrace"],
  ["B", "braceexpand"],
  ["C", "noclobber"],
  ["E", "errtrace"],
  ["H", "histexpand"],
  ["P", "physical"],
  ["T", "functrace"],
]);

export function isSetOption(shell: Shell, name: string): name is SetOptionName {
  return Object.hasOwn(shell.options, name);
}

export function isShopt(shell: Shell, name: string): name is ShoptName {
  return Object.hasOwn(shell.shopt, name);
}

export function changeSetOption(shell: Shell, name: SetOptionName, on: boolean): void {
  shell.options[name] = on;
  // The two ways of editing a line exclude each other, and two names stand for one switch.
  if (on && name === "vi") shell.options.emacs = false;
  if (on && name === "emacs") shell.options.vi = false;
  if (name === "interactive-comments") shell.shopt.interactive_comments = on;
}

export function changeShopt(shell: Shell, name: ShoptName, on: boolean): void {
  // How the shell was started is not to be changed.
  if (name === "login_shell" || name === "restricted_shell") return;
  shell.shopt[name] = on;
  if (name === "interactive_comments") shell.options["interactive-comments"] = on;
}

/** `errexit        	off` */
export function optionLine(name: string, on: boolean): string {
  return `${name.padEnd(15)}\t${on ? "on" : "off"}\n`;
}
