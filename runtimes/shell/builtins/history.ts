/** `history`. */
import type { BuiltinTable } from "../builtin.ts";
import { ShellError } from "../errors.ts";
import { expandHistory, HistoryError } from "../history/expand.ts";
import { historyFile, readHistory, writeHistory } from "../history/file.ts";
import type { Shell } from "../state.ts";
import { strftime } from "../time/strftime.ts";
import { parseOptions, requireNumber } from "./arguments.ts";

export const historyBuiltins: BuiltinTable = {
  history: {
    run: history,
    synopsis: "[-c] [-d offset] [n] or history -anrw [filename] or history -ps arg [arg...]",
  },
};

async function history(shell: Shell, args: readonly string[]): Promise<number> {
  const options = parseOptions(shell, args, "acd:npsrw");
  const { operands } = options;
  const files = ["a", "n", "r", "w"].filter((letter) => options.has(letter));
  if (files.length > 1) throw new ShellError("cannot use more than one of -anrw");
  if (options.has("c")) {
    shell.history.clear();
    if (operands.length === 0 && options.list.length === 1) return 0;
  }
  if (options.has("s")) {
    if (operands.length > 0) shell.history.add(operands.join(" "), now(shell));
    return 0;
  }
  if (options.has("p")) return expandAll(shell, operands);
  const range = options.value("d");
  if (range !== undefined) return deleteRange(shell, range);
  const [file] = files;
  if (file !== undefined) return transfer(shell, file, operands[0]);
  if (options.has("c")) return 0;
  if (operands.length > 1) throw new ShellError("too many arguments");
  return list(shell, operands[0] === undefined ? undefined : requireNumber(operands[0]));
}

function now(shell: Shell): number {
  return Number((shell.sys.clock_gettime(0) as bigint) / 1_000_000_000n);
}

async function expandAll(shell: Shell, operands: readonly string[]): Promise<number> {
  const entries = { lines: shell.history.lines, first: shell.history.first };
  let status = 0;
  for (const operand of operands) {
    try {
      const { text } = expandHistory(operand, entries, {}, shell.shopt.extglob);
      await shell.write(1, `${text}\n`);
    } catch (error) {
      if (!(error instanceof HistoryError)) throw error;
      shell.complain(`${operand}: history expansion failed`);
      status = 1;
    }
  }
  return status;
}

/** `-d 5`, `-d -1`, `-d 2-4`. */
function deleteRange(shell: Shell, text: string): number {
  const { first, entries } = shell.history;
  const match = /^(-?\d+)(?:-(-?\d+))?$/u.exec(text);
  const index = (part: string | undefined): number => {
    const number = Number(part);
    return number < 0 ? entries.length + number : number - first;
  };
  const from = match === null ? -1 : index(match[1]);
  const to = match?.[2] === undefined ? from : index(match[2]);
  if (from < 0 || to < from || to >= entries.length) {
    throw new ShellError(`${text}: history position out of range`);
  }
  shell.history.remove(from, to - from + 1);
  return 0;
}

async function transfer(
  shell: Shell,
  letter: string,
  operand: string | undefined,
): Promise<number> {
  const path = operand ?? historyFile(shell);
  if (path === undefined) return 1;
  if (letter === "r") await readHistory(shell, path);
  else if (letter === "n") await readHistory(shell, path, shell.history.fileEntries);
  else await writeHistory(shell, path, letter === "a");
  return 0;
}

async function list(shell: Shell, count: number | undefined): Promise<number> {
  const { entries, first } = shell.history;
  if (count !== undefined && count < 0) throw new ShellError(`${count}: invalid option`);
  const start = count === undefined ? 0 : Math.max(0, entries.length - count);
  const format = shell.variables.get("HISTTIMEFORMAT");
  const zone = shell.variables.get("TZ");
  let text = "";
  for (let index = start; index < entries.length; index++) {
    const entry = entries[index];
    if (entry === undefined) break;
    const time = format ? strftime(format, entry.time ?? 0, zone) : "";
    text += `${String(first + index).padStart(5)}  ${time}${entry.text}\n`;
  }
  await shell.write(1, text);
  return 0;
}
