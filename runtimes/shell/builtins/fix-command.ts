/** `fc`: lists commands from the history, edits them, runs them again. */
import { AT_FDCWD, O_CLOEXEC, O_CREAT, O_EXCL, O_WRONLY } from "../../../kernel/abi.ts";
import type { BuiltinTable } from "../builtin.ts";
import { ShellError } from "../errors.ts";
import { readScript } from "../execute/script-file.ts";
import { quoteBackslash } from "../quote.ts";
import type { Shell } from "../state.ts";
import { type Options, parseOptions } from "./arguments.ts";

export const fixCommandBuiltins: BuiltinTable = {
  fc: { run: fc, synopsis: "[-e ename] [-lnr] [first] [last] or fc -s [pat=rep] [command]" },
};

async function fc(shell: Shell, args: readonly string[]): Promise<number> {
  const options = parseOptions(shell, ...protectNumbers(args));
  const editor = options.value("e");
  if (options.has("s") || editor === "-") return runAgain(shell, options.operands);
  if (options.has("l")) return entriesOf(shell).length === 0 ? 0 : list(shell, options);
  return edit(shell, options, editor);
}

const LETTERS = "e:lnrs";

/** `fc -5` speaks of an entry, not of options. */
function protectNumbers(args: readonly string[]): [readonly string[], string] {
  const at = args.findIndex((arg) => /^-\d+$/u.test(arg));
  const before = args.slice(0, at);
  if (at < 0 || before.some((arg) => !arg.startsWith("-"))) return [args, LETTERS];
  return [[...before, "--", ...args.slice(at)], LETTERS];
}

/** The command itself is the last entry where the history has it already: it does not count. */
function entriesOf(shell: Shell): readonly string[] {
  const { lines } = shell.history;
  return shell.options.history ? lines.slice(0, -1) : lines;
}

/** The index that a number, a negative offset, or the start of a command means. */
function indexOf(shell: Shell, text: string | undefined, otherwise: number): number {
  const lines = entriesOf(shell);
  if (text === undefined) return otherwise;
  if (/^-?\d+$/u.test(text)) {
    const number = Number(text);
    const index = number <= 0 ? lines.length + (number || -1) : number - shell.history.first;
    return Math.max(0, Math.min(index, lines.length - 1));
  }
  const index = lines.findLastIndex((line) => line.startsWith(text));
  if (index < 0) throw new ShellError("no command found");
  return index;
}

function rangeOf(shell: Shell, options: Options, isListing: boolean): number[] {
  const { length } = entriesOf(shell);
  if (length === 0) throw new ShellError("history specification out of range");
  const [firstText, lastText] = options.operands;
  const first = indexOf(shell, firstText, isListing ? Math.max(0, length - 16) : length - 1);
  const last = indexOf(shell, lastText, isListing ? length - 1 : first);
  const indices: number[] = [];
  for (let index = Math.min(first, last); index <= Math.max(first, last); index++) {
    indices.push(index);
  }
  return first > last || options.has("r") ? indices.reverse() : indices;
}

async function list(shell: Shell, options: Options): Promise<number> {
  const lines = entriesOf(shell);
  const text = rangeOf(shell, options, true).map((index) => {
    const number = options.has("n") ? "" : String(shell.history.first + index);
    return `${number}\t ${lines[index]}\n`;
  });
  await shell.write(1, text.join(""));
  return 0;
}

/** `fc -s old=new command` */
async function runAgain(shell: Shell, operands: readonly string[]): Promise<number> {
  const replacements = operands.filter((operand) => operand.includes("="));
  const rest = operands.slice(replacements.length);
  const lines = entriesOf(shell);
  if (lines.length === 0) throw new ShellError("no command found");
  let command = lines[indexOf(shell, rest[0], lines.length - 1)] ?? "";
  for (const replacement of replacements) {
    const at = replacement.indexOf("=");
    command = command.replaceAll(replacement.slice(0, at), replacement.slice(at + 1));
  }
  shell.output.warn(`${command}\n`);
  return execute(shell, command);
}

async function edit(shell: Shell, options: Options, editor: string | undefined): Promise<number> {
  const { variables, sys } = shell;
  const lines = entriesOf(shell);
  const text = rangeOf(shell, options, false).map((index) => `${lines[index]}\n`);
  const path = `${variables.get("TMPDIR") || "/tmp"}/bash-fc.${sys.pid}-${shell.commandNumber}`;
  const fd = await sys.openat(AT_FDCWD, path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600);
  await shell.write(fd, text.join(""));
  await sys.close(fd);
  try {
    const program = editor ?? variables.get("FCEDIT") ?? variables.get("EDITOR") ?? "vi";
    const status = await shell.evaluate(`${program} ${quoteBackslash(path)}`);
    if (status !== 0) return 1;
    const command = (await readScript(shell, path)).replace(/\n+$/u, "");
    shell.output.warn(`${command}\n`);
    return await execute(shell, command);
  } finally {
    await sys.unlinkat(AT_FDCWD, path, 0);
  }
}

/** The history gets what is run, in the place of the `fc`. */
function execute(shell: Shell, command: string): number | Promise<number> {
  if (shell.isInteractive) shell.history.replaceLast(command);
  return shell.evaluate(command);
}
