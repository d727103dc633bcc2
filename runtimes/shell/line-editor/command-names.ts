/** Every command that a key can be bound to. */
import { COMMANDS } from "./commands.ts";

/** Those that the editor itself carries out. */
const OWN_COMMANDS = [
  "abort",
  "accept-line",
  "character-search",
  "character-search-backward",
  "clear-display",
  "clear-screen",
  "complete",
  "digit-argument",
  "end-of-file",
  "forward-search-history",
  "insert-comment",
  "insert-completions",
  "negative-argument",
  "operate-and-get-next",
  "overwrite-mode",
  "possible-completions",
  "quoted-insert",
  "redraw-current-line",
  "reverse-search-history",
  "self-insert",
  "universal-argument",
];

export const COMMAND_NAMES: readonly string[] = [...COMMANDS.keys(), ...OWN_COMMANDS].sort();
