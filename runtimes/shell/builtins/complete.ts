/** `complete`, `compgen`, `compopt`: programmable completion. */
import type { BuiltinTable } from "../builtin.ts";
import { fileNames } from "../completion/files.ts";
import { generate } from "../completion/generate.ts";
import {
  ACTION_LETTERS,
  ACTIONS,
  type Action,
  COMPLETION_OPTIONS,
  type CompletionOption,
  type CompletionSpec,
  DEFAULT_COMMAND,
  EMPTY_COMMAND,
  INITIAL_WORD,
  isAction,
  isCompletionOption,
} from "../completion/spec.ts";
import { ShellError } from "../errors.ts";
import { quoteSingle } from "../quote.ts";
import type { Shell } from "../state.ts";
import { type Options, parseOptions, printUsage, USAGE } from "./arguments.ts";

const SPECIFICATION =
  "[-o option] [-A action] [-G globpat] [-W wordlist] [-F function] [-C command] [-X filterpat] [-P prefix] [-S suffix]";
const LETTERS = "abcdefgjksuvo:A:G:W:F:C:X:P:S:";

export const completeBuiltins: BuiltinTable = {
  compgen: { run: compgen, synopsis: `[-abcdefgjksuv] ${SPECIFICATION} [word]` },
  complete: { run: complete, synopsis: `[-abcdefgjksuv] [-pr] [-DEI] ${SPECIFICATION} [name ...]` },
  compopt: { run: compopt, synopsis: "[-o|+o option] [-DEI] [name ...]" },
};

async function complete(shell: Shell, args: readonly string[]): Promise<number> {
  const options = parseOptions(shell, args, `${LETTERS}prDEI`);
  const names = [...pseudoCommands(options), ...options.operands];
  if (options.has("r")) return remove(shell, names);
  if (options.has("p") || (names.length === 0 && options.list.length === 0)) {
    return print(shell, names);
  }
  const spec = readSpec(options);
  if (names.length === 0) return printUsage(shell);
  for (const name of names) shell.completions.set(name, spec);
  return 0;
}

/** What -D, -E and -I stand for. */
function pseudoCommands(options: Options): string[] {
  if (options.has("D")) return [DEFAULT_COMMAND];
  if (options.has("E")) return [EMPTY_COMMAND];
  return options.has("I") ? [INITIAL_WORD] : [];
}

function readSpec(options: Options): CompletionSpec {
  const actions = new Set<Action>();
  const chosen = new Set<CompletionOption>();
  for (const { letter, value } of options.list) {
    const short = ACTION_LETTERS[letter];
    if (short !== undefined) actions.add(short);
    else if (letter === "A") actions.add(requireAction(value));
    else if (letter === "o") chosen.add(requireOption(value));
  }
  const functionName = options.value("F");
  if (functionName !== undefined && /[\s;|&()<>$`"'\\]/u.test(functionName)) {
    throw new ShellError(`\`${functionName}': not a valid identifier`);
  }
  return {
    actions,
    options: chosen,
    globPattern: options.value("G"),
    wordList: options.value("W"),
    functionName,
    command: options.value("C"),
    filter: options.value("X"),
    prefix: options.value("P"),
    suffix: options.value("S"),
  };
}

function requireAction(text: string): Action {
  if (isAction(text)) return text;
  throw new ShellError(`${text}: invalid action name`, USAGE);
}

function requireOption(text: string): CompletionOption {
  if (isCompletionOption(text)) return text;
  throw new ShellError(`${text}: invalid option name`, USAGE);
}

function remove(shell: Shell, names: readonly string[]): number {
  if (names.length === 0) shell.completions.clear();
  let status = 0;
  for (const name of names) {
    if (shell.completions.delete(name)) continue;
    shell.complain(`${name}: no completion specification`);
    status = 1;
  }
  return status;
}

async function print(shell: Shell, names: readonly string[]): Promise<number> {
  let status = 0;
  for (const name of names.length > 0 ? names : shell.completions.keys()) {
    const spec = shell.completions.get(name);
    if (spec !== undefined) await shell.write(1, `complete ${describe(spec)}${shownName(name)}\n`);
    else {
      shell.complain(`${name}: no completion specification`);
      status = 1;
    }
  }
  return status;
}

function shownName(name: string): string {
  if (name === DEFAULT_COMMAND) return "-D";
  if (name === EMPTY_COMMAND) return "-E";
  return name === INITIAL_WORD ? "-I" : name;
}

/** The options that make the specification again, each with a blank behind it. */
function describe(spec: CompletionSpec): string {
  const parts = COMPLETION_OPTIONS.filter((option) => spec.options.has(option)).map(
    (option) => `-o ${option}`,
  );
  const letters = Object.entries(ACTION_LETTERS);
  for (const [letter, action] of letters) if (spec.actions.has(action)) parts.push(`-${letter}`);
  const short = new Set<Action>(letters.map(([, action]) => action));
  for (const action of ACTIONS) {
    if (spec.actions.has(action) && !short.has(action)) parts.push(`-A ${action}`);
  }
  const quoted = [
    ["-G", spec.globPattern],
    ["-W", spec.wordList],
    ["-P", spec.prefix],
    ["-S", spec.suffix],
    ["-X", spec.filter],
    ["-C", spec.command],
  ] as const;
  for (const [option, value] of quoted) {
    if (value !== undefined) parts.push(`${option} ${quoteSingle(value)}`);
  }
  if (spec.functionName !== undefined) parts.push(`-F ${spec.functionName}`);
  return parts.map((part) => `${part} `).join("");
}

async function compgen(shell: Shell, args: readonly string[]): Promise<number> {
  const options = parseOptions(shell, args, LETTERS);
  const spec = readSpec(options);
  const [word = ""] = options.operands;
  for (const [letter, value] of [
    ["F", spec.functionName],
    ["C", spec.command],
  ]) {
    if (value !== undefined) {
      shell.complain(`warning: -${letter} option may not work as you expect`);
    }
  }
  const line = { text: "", cursor: 0, words: [], wordIndex: -1 };
  const { names } = await generate(shell, spec, word, line);
  if (names.length === 0 && spec.options.has("default")) {
    names.push(...(await fileNames(shell, word, false)));
  }
  if (names.length === 0) return 1;
  await shell.write(1, names.map((name) => `${name}\n`).join(""));
  return 0;
}

async function compopt(shell: Shell, args: readonly string[]): Promise<number> {
  const options = parseOptions(shell, args, "+o:DEI");
  const names = [...pseudoCommands(options), ...options.operands];
  for (const { letter, value } of options.list) if (letter === "o") requireOption(value);
  if (names.length === 0) {
    const { currentCompletion } = shell;
    if (currentCompletion === undefined) {
      throw new ShellError("not currently executing completion function");
    }
    currentCompletion.spec = changeOptions(currentCompletion.spec, options);
    return 0;
  }
  let status = 0;
  for (const name of names) {
    const spec = shell.completions.get(name);
    if (spec === undefined) {
      shell.complain(`${name}: no completion specification`);
      status = 1;
    } else if (options.has("o")) shell.completions.set(name, changeOptions(spec, options));
    else await shell.write(1, listOptions(spec, name));
  }
  return status;
}

function changeOptions(spec: CompletionSpec, options: Options): CompletionSpec {
  const changed = new Set(spec.options);
  for (const { letter, value, sign } of options.list) {
    if (letter !== "o") continue;
    if (sign === "-") changed.add(requireOption(value));
    else changed.delete(requireOption(value));
  }
  return { ...spec, options: changed };
}

function listOptions(spec: CompletionSpec, name: string): string {
  const options = COMPLETION_OPTIONS.map(
    (option) => `${spec.options.has(option) ? "-" : "+"}o ${option}`,
  );
  return `compopt ${options.join(" ")} ${shownName(name)}\n`;
}
