/** The names that an action of `complete` and `compgen` offers: all of them, or those that match. */
import { SIGNAL_MAX, signalName } from "../../../kernel/abi.ts";
import { KernelError } from "../../../kernel/index.ts";
import { findInPath, RESERVED_WORDS } from "../builtins/lookup.ts";
import { compareBytes } from "../compare.ts";
import { readScript } from "../execute/script-file.ts";
import type { Shell } from "../state.ts";
import { readUsers } from "../users.ts";
import { ARRAY, Attribute } from "../variable.ts";
import { executablesInPath, fileNames } from "./files.ts";
import type { Action } from "./spec.ts";

/** What begins with `word`. */
export async function namesOf(shell: Shell, action: Action, word: string): Promise<string[]> {
  if (action === "file") return fileNames(shell, word, false);
  if (action === "directory") return fileNames(shell, word, true);
  if (action === "command") return commandNames(shell, word);
  const names = await allNames(shell, action);
  return names.filter((name) => name.startsWith(word)).sort(compareBytes);
}

/** Everything that may stand as a command: names of the shell, then programs. */
export async function commandNames(shell: Shell, word: string): Promise<string[]> {
  if (word.includes("/")) return executableFiles(shell, word);
  const names = [
    ...shell.aliases.keys(),
    ...RESERVED_WORDS,
    ...shell.functions.keys(),
    ...enabledBuiltins(shell),
  ].filter((name) => name.startsWith(word));
  return [...names, ...(await executablesInPath(shell, word))];
}

async function executableFiles(shell: Shell, word: string): Promise<string[]> {
  const names = await fileNames(shell, word, false);
  const directories = new Set(await fileNames(shell, word, true));
  const usable: string[] = [];
  for (const name of names) {
    const isProgram = (await findInPath(shell, name.slice(1), false, "/")).length > 0;
    if (directories.has(name) || isProgram || !name.startsWith("/")) usable.push(name);
  }
  return usable;
}

function enabledBuiltins(shell: Shell): string[] {
  return [...shell.builtins.keys()].filter((name) => !shell.disabledBuiltins.has(name));
}

async function allNames(shell: Shell, action: Action): Promise<string[]> {
  const { variables } = shell;
  const having = (attribute: number) =>
    variables.setNames().filter((name) => variables.lookup(name)?.has(attribute));
  switch (action) {
    case "alias":
      return [...shell.aliases.keys()];
    case "arrayvar":
      return having(ARRAY);
    case "binding":
      return [...(shell.editor?.keymap.values() ?? [])].flatMap((binding) =>
        binding.kind === "command" ? [binding.name] : [],
      );
    case "builtin":
      return [...shell.builtins.keys()];
    case "disabled":
      return [...shell.disabledBuiltins.keys()];
    case "enabled":
      return enabledBuiltins(shell);
    case "export":
      return having(Attribute.EXPORT);
    case "function":
      return [...shell.functions.keys()];
    case "group":
      return readFirstFields(shell, "/etc/group");
    case "helptopic":
      return [...shell.builtins.keys()];
    case "hostname":
      return hostNames(shell);
    case "job":
      return jobNames(shell, undefined);
    case "keyword":
      return [...RESERVED_WORDS];
    case "running":
      return jobNames(shell, "running");
    case "service":
      return readFirstFields(shell, "/etc/services");
    case "setopt":
      return Object.keys(shell.options);
    case "shopt":
      return Object.keys(shell.shopt);
    case "signal":
      return signalNames();
    case "stopped":
      return jobNames(shell, "stopped");
    case "user":
      return readUsers(shell).map(({ name }) => name);
    case "variable":
      return variables.setNames();
    default:
      return [];
  }
}

function jobNames(shell: Shell, state: "running" | "stopped" | undefined): string[] {
  return shell.jobs.all
    .filter((job) => state === undefined || job.state === state)
    .map((job) => job.command.split(" ")[0] ?? "");
}

function signalNames(): string[] {
  const names: string[] = [];
  for (let signal = 1; signal <= SIGNAL_MAX; signal++) {
    const name = signalName(signal);
    if (name !== undefined) names.push(`SIG${name}`);
  }
  return [...names, "EXIT", "DEBUG", "ERR", "RETURN"];
}

async function hostNames(shell: Shell): Promise<string[]> {
  const lines = await readLines(shell, shell.variables.get("HOSTFILE") ?? "/etc/hosts");
  return lines.flatMap((line) => line.trim().split(/\s+/u).slice(1));
}

async function readFirstFields(shell: Shell, path: string): Promise<string[]> {
  const lines = await readLines(shell, path);
  return lines.map((line) => line.split(/[:\s]/u)[0] ?? "").filter((name) => name !== "");
}

/** Without comments and blank lines. */
async function readLines(shell: Shell, path: string): Promise<string[]> {
  try {
    const text = await readScript(shell, path);
    return text.split("\n").filter((line) => line.trim() !== "" && !line.startsWith("#"));
  } catch (error) {
    if (!(error instanceof KernelError)) throw error;
    return [];
  }
}
