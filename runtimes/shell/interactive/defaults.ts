/** What an interactive shell has that another has not: set before its startup files are read. */
import type { Shell } from "../state.ts";

export function prepareInteractive(shell: Shell): void {
  const { variables, options } = shell;
  options.emacs = true;
  options.history = true;
  options.histexpand = true;
  const defaults: Readonly<Record<string, string>> = {
    PS1: options.posix ? "$ " : "\\s-\\v\\$ ",
    PS2: "> ",
    HISTFILE: `${variables.get("HOME") ?? "~"}/${options.posix ? ".sh_history" : ".bash_history"}`,
    HISTSIZE: "500",
    HISTFILESIZE: "500",
  };
  for (const [name, value] of Object.entries(defaults)) {
    if (variables.get(name) === undefined) variables.set(name, value);
  }
}
