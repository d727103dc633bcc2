/** What is remembered of the commands that are entered: HISTCONTROL, HISTIGNORE, HISTSIZE. */
import { compilePattern } from "../pattern.ts";
import type { Shell } from "../state.ts";

/** Adds a command, unless the settings say that it is not worth remembering. */
export function rememberCommand(shell: Shell, command: string): void {
  const text = command.replace(/\n+$/u, "");
  if (text === "" || isIgnored(shell, text)) return;
  const { history } = shell;
  const controls = controlsOf(shell);
  if (controls.has("erasedups")) {
    for (let index = history.entries.length - 1; index >= 0; index--) {
      if (history.entries[index]?.text === text) history.remove(index);
    }
  }
  const nanoseconds = shell.sys.clock_gettime(0) as bigint;
  history.add(text, Number(nanoseconds / 1_000_000_000n));
  limitHistory(shell);
}

/** Applies HISTSIZE; 500 where it is not set, no limit where it is negative. */
export function limitHistory(shell: Shell, renumbers = false): void {
  const size = sizeOf(shell, "HISTSIZE");
  if (size !== undefined) shell.history.limit(size, renumbers);
}

/** The number in a variable; undefined: no limit. */
export function sizeOf(shell: Shell, name: "HISTSIZE" | "HISTFILESIZE"): number | undefined {
  const text = shell.variables.get(name);
  if (text === undefined) return 500;
  return /^\d+$/u.test(text) ? Number(text) : undefined;
}

/** The lines of a command as one entry: `cmdhist` without `lithist` puts them on one line. */
export function joinLines(shell: Shell, text: string): string {
  if (!shell.shopt.cmdhist || shell.shopt.lithist || !text.trimEnd().includes("\n")) return text;
  // Where newlines mean something they have to stay.
  if (/<<|["'`\\]/u.test(text)) return text;
  const lines = text.split("\n").map((line) => line.trim());
  return lines
    .filter((line) => line !== "")
    .reduce((joined, line) => joined + (continues(joined) ? " " : "; ") + line);
}

/** No semicolon may follow. */
function continues(text: string): boolean {
  return /(?:^|[\s;&|({])(?:then|do|else|elif|if|while|until|in|!|\{)$|[;&|({]$|\)$/u.test(text);
}

function controlsOf(shell: Shell): Set<string> {
  const controls = new Set((shell.variables.get("HISTCONTROL") ?? "").split(":"));
  if (controls.has("ignoreboth")) controls.add("ignorespace").add("ignoredups");
  return controls;
}

function isIgnored(shell: Shell, text: string): boolean {
  const controls = controlsOf(shell);
  const last = shell.history.entries.at(-1)?.text;
  if (controls.has("ignorespace") && text.startsWith(" ")) return true;
  if (controls.has("ignoredups") && text === last) return true;
  const patterns = shell.variables.get("HISTIGNORE");
  if (!patterns) return false;
  const syntax = { extglob: shell.shopt.extglob, ignoreCase: false };
  return patterns.split(":").some((pattern) => {
    if (pattern === "") return false;
    const previous = pattern.replaceAll("&", last ?? "");
    return compilePattern(previous, syntax).matches(text);
  });
}
