/** What `complete` remembers for a command, and `compgen` makes at once. */

export const ACTIONS = [
  "alias",
  "arrayvar",
  "binding",
  "builtin",
  "command",
  "directory",
  "disabled",
  "enabled",
  "export",
  "file",
  "function",
  "group",
  "helptopic",
  "hostname",
  "job",
  "keyword",
  "running",
  "service",
  "setopt",
  "shopt",
  "signal",
  "stopped",
  "user",
  "variable",
] as const;
export type Action = (typeof ACTIONS)[number];

/** The letters that are short for an action. */
export const ACTION_LETTERS: Readonly<Record<string, Action>> = {
  a: "alias",
  b: "builtin",
  c: "command",
  d: "directory",
  e: "export",
  f: "file",
  g: "group",
  j: "job",
  k: "keyword",
  s: "service",
  u: "user",
  v: "variable",
};

/** In the order in which `complete` prints them. */
export const COMPLETION_OPTIONS = [
  "bashdefault",
  "default",
  "dirnames",
  "filenames",
  "noquote",
  "nosort",
  "nospace",
  "plusdirs",
] as const;
export type CompletionOption = (typeof COMPLETION_OPTIONS)[number];

export interface CompletionSpec {
  readonly actions: ReadonlySet<Action>;
  readonly options: ReadonlySet<CompletionOption>;
  readonly globPattern: string | undefined;
  readonly wordList: string | undefined;
  readonly functionName: string | undefined;
  readonly command: string | undefined;
  readonly filter: string | undefined;
  readonly prefix: string | undefined;
  readonly suffix: string | undefined;
}

/** Names under which the specifications stand that are for no command by name. */
export const EMPTY_COMMAND = "_EmptycmD_";
export const DEFAULT_COMMAND = "_DefaultCmD_";
export const INITIAL_WORD = "_InitialWorD_";

export function isAction(text: string): text is Action {
  return (ACTIONS as readonly string[]).includes(text);
}

export function isCompletionOption(text: string): text is CompletionOption {
  return (COMPLETION_OPTIONS as readonly string[]).includes(text);
}
