/** `help`: what the builtins are for and how they are called. */
import type { Builtin, BuiltinTable } from "../builtin.ts";
import { compilePattern, hasPatternCharacters } from "../pattern.ts";
import type { Shell } from "../state.ts";
import { chain, type MaybePromise } from "../task.ts";
import { parseOptions } from "./arguments.ts";
import { sortedNames } from "./variable-text.ts";

export const helpBuiltins: BuiltinTable = {
  help: { run: help, synopsis: "[-dms] [pattern ...]" },
};

/** These take `--help` for an argument like any other. */
const WITHOUT_HELP = new Set([":", "[", "echo", "false", "test", "true"]);

/** The builtin, which also answers `--help`. */
export function withHelp(name: string, builtin: Builtin): Builtin {
  if (WITHOUT_HELP.has(name)) return builtin;
  const run = (shell: Shell, args: readonly string[]): MaybePromise<number> =>
    args[0] === "--help"
      ? chain(shell.write(1, describe(name, builtin.synopsis)), () => 2)
      : builtin.run(shell, args);
  return { ...builtin, run };
}

async function help(shell: Shell, args: readonly string[]): Promise<number> {
  const options = parseOptions(shell, args, "dms");
  const { operands } = options;
  if (operands.length === 0) {
    await shell.write(1, overview(shell));
    return 0;
  }
  const topics = topicsOf(shell);
  const found = sortedNames([...topics.keys()]).filter((name) =>
    operands.some((operand) => compilePattern(operand).matches(name)),
  );
  if (found.length === 0) {
    shell.complain(`no help topics match \`${operands.at(-1)}'.  Try \`help help'.`);
    return 1;
  }
  const form = options.last("dms");
  const [first = ""] = operands;
  const isPattern = hasPatternCharacters(first, true);
  let text = isPattern ? `Shell commands matching keyword \`${first}'\n\n` : "";
  for (const name of found) {
    const synopsis = topics.get(name) ?? "";
    if (form === "d") text += `${name} - ${SUBJECTS[name] ?? "A command of the shell."}\n`;
    else if (form === "s") text += `${name}: ${usage(name, synopsis)}\n`;
    else text += form === "m" ? manualPage(name, synopsis) : describe(name, synopsis);
  }
  await shell.write(1, text);
  return 0;
}

/** Names and how each is used, without the name. */
function topicsOf(shell: Shell): Map<string, string> {
  const topics = new Map<string, string>(Object.entries(SYNTAX));
  for (const [name, { synopsis }] of shell.builtins) topics.set(name, synopsis);
  return topics;
}

function usage(name: string, synopsis: string): string {
  return Object.hasOwn(SYNTAX, name) ? synopsis : `${name} ${synopsis}`.trimEnd();
}

function describe(name: string, synopsis: string): string {
  return `${name}: ${usage(name, synopsis)}\n    ${SUBJECTS[name] ?? "A command of the shell."}\n`;
}

function manualPage(name: string, synopsis: string): string {
  const subject = SUBJECTS[name] ?? "A command of the shell.";
  return (
    `NAME\n    ${name} - ${subject}\n\nSYNOPSIS\n    ${usage(name, synopsis)}\n\n` +
    `DESCRIPTION\n    ${subject}\n`
  );
}

function overview(shell: Shell): string {
  const version = shell.variables.get("BASH_VERSION") ?? "";
  const names = sortedNames([...topicsOf(shell).keys()]);
  const topics = topicsOf(shell);
  const lines = names.map((name) => {
    const mark = shell.disabledBuiltins.has(name) ? "*" : " ";
    return `${mark}${usage(name, topics.get(name) ?? "")}`;
  });
  return (
    `Isopod's shell, bash ${version} compatible. These commands are part of the shell itself.\n` +
    "`help name' tells more about one of them; a star marks one that is disabled.\n\n" +
    `${lines.join("\n")}\n`
  );
}

/** Syntax that is no builtin, with its form. */
const SYNTAX: Readonly<Record<string, string>> = {
  "(( ... ))": "(( expression ))",
  "[[ ... ]]": "[[ expression ]]",
  case: "case WORD in [PATTERN [| PATTERN]...) COMMANDS ;;]... esac",
  coproc: "coproc [NAME] command [redirections]",
  for: "for NAME [in WORDS ... ] ; do COMMANDS; done",
  "for ((": "for (( exp1; exp2; exp3 )); do COMMANDS; done",
  function: "function name { COMMANDS ; } or name () { COMMANDS ; }",
  if: "if COMMANDS; then COMMANDS; [ elif COMMANDS; then COMMANDS; ]... [ else COMMANDS; ] fi",
  select: "select NAME [in WORDS ... ;] do COMMANDS; done",
  time: "time [-p] pipeline",
  until: "until COMMANDS; do COMMANDS-2; done",
  while: "while COMMANDS; do COMMANDS-2; done",
  "{ ... }": "{ COMMANDS ; }",
};

const SUBJECTS: Readonly<Record<string, string>> = {
  "(( ... ))": "Evaluate arithmetic; succeeds where the value is not 0.",
  ".": "Run the commands of a file in this shell.",
  ":": "Do nothing, successfully.",
  "[": "Evaluate a condition, up to the closing bracket.",
  "[[ ... ]]": "Evaluate a condition; its words are neither split nor matched against files.",
  alias: "Define aliases, or show them.",
  bg: "Let stopped jobs go on in the background.",
  bind: "Show or change the keys of the line editor.",
  break: "Leave loops.",
  builtin: "Run a builtin, even where a function has its name.",
  caller: "Show where the running function was called.",
  case: "Run the commands of the first pattern that a word matches.",
  cd: "Change the working directory.",
  command: "Run a command past functions, or say what a name means.",
  compgen: "Show what a completion would offer.",
  complete: "Say how the arguments of a command are completed.",
  compopt: "Change options of a completion.",
  continue: "Go on with the next turn of a loop.",
  coproc: "Run a command in the background with pipes to it and from it.",
  declare: "Set values and attributes of variables, or show them.",
  dirs: "Show the directory stack.",
  disown: "Forget jobs, or spare them SIGHUP.",
  echo: "Write the arguments.",
  enable: "Put builtins out of use and back into it.",
  eval: "Run the arguments as a command.",
  exec: "Put a program in the place of the shell, or change its redirections.",
  exit: "End the shell.",
  export: "Hand variables on to programs.",
  false: "Do nothing, unsuccessfully.",
  fc: "Show, edit or repeat commands from the history.",
  fg: "Bring a job into the foreground.",
  for: "Run commands once for each word.",
  "for ((": "Run commands while an arithmetic condition holds.",
  function: "Define a function.",
  getopts: "Take apart options, one with each call.",
  hash: "Remember where programs are, or show what is remembered.",
  help: "Show what there is to know of builtins.",
  history: "Show or change the history.",
  if: "Run commands on a condition.",
  jobs: "Show jobs.",
  kill: "Send a signal to jobs or processes.",
  let: "Evaluate arithmetic.",
  local: "Declare variables that belong to the running function.",
  logout: "End a login shell.",
  mapfile: "Read lines into an array.",
  popd: "Take a directory off the stack.",
  printf: "Write arguments under the control of a format.",
  pushd: "Put a directory on the stack.",
  pwd: "Show the working directory.",
  read: "Read a line and split it into variables.",
  readarray: "Read lines into an array.",
  readonly: "Declare variables that cannot change.",
  return: "Leave a function or a sourced file.",
  select: "Let somebody choose from words, and run commands on the choice.",
  set: "Set options and positional parameters, or show variables.",
  shift: "Drop positional parameters from the front.",
  shopt: "Set and show options of the shell.",
  source: "Run the commands of a file in this shell.",
  suspend: "Stop the shell until it is continued.",
  test: "Evaluate a condition.",
  time: "Tell how long a pipeline takes.",
  times: "Show the processor time of the shell and its children.",
  trap: "Say what signals and other events start.",
  true: "Do nothing, successfully.",
  type: "Say what a name means as a command.",
  typeset: "Set values and attributes of variables, or show them.",
  ulimit: "Show or set resource limits.",
  umask: "Show or set the mask of new files' permissions.",
  unalias: "Remove aliases.",
  unset: "Remove variables and functions.",
  until: "Run commands while a condition fails.",
  wait: "Wait for jobs or processes.",
  while: "Run commands while a condition holds.",
  "{ ... }": "Group commands.",
};
