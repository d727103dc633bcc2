/** The candidates that a specification makes for a word. */

import { parse } from "unbash";
import { IndexedArray } from "../arrays.ts";
import { compilePattern } from "../pattern.ts";
import { quoteSingle } from "../quote.ts";
import { skipQuoted } from "../scan.ts";
import type { Shell } from "../state.ts";
import { compileWord } from "../words/compile.ts";
import { expandFields } from "../words/expand.ts";
import { namesOf } from "./actions.ts";
import { fileNames } from "./files.ts";
import type { CompletionSpec } from "./spec.ts";

/** The line that is completed, as COMP_WORDS and its like show it. */
export interface CompletionLine {
  readonly text: string;
  readonly cursor: number;
  readonly words: readonly string[];
  readonly wordIndex: number;
}

/** A completion function asked for the search to begin anew: it may have defined another. */
export const RETRY = 124;

export interface Generated {
  readonly names: string[];
  readonly status: number;
}

export async function generate(
  shell: Shell,
  spec: CompletionSpec,
  word: string,
  line: CompletionLine,
): Promise<Generated> {
  let names: string[] = [];
  let status = 0;
  for (const action of spec.actions) names.push(...(await namesOf(shell, action, word)));
  if (spec.globPattern !== undefined)
    names.push(...(await expandGlobWord(shell, spec.globPattern)));
  if (spec.wordList !== undefined) {
    const words = await expandList(shell, spec.wordList);
    names.push(...words.filter((one) => one.startsWith(word)));
  }
  if (spec.functionName !== undefined) {
    status = await callFunction(shell, spec.functionName, word, line);
    names.push(...takeReply(shell));
  }
  if (spec.command !== undefined)
    names.push(...(await runCommand(shell, spec.command, word, line)));
  if (spec.filter !== undefined) names = applyFilter(shell, names, spec.filter, word);
  const { prefix = "", suffix = "" } = spec;
  names = names.map((name) => prefix + name + suffix);
  if (names.length === 0 && spec.options.has("dirnames"))
    names = await fileNames(shell, word, true);
  if (spec.options.has("plusdirs")) names.push(...(await fileNames(shell, word, true)));
  return { names, status };
}

/** File names that match, in any place. */
async function expandGlobWord(shell: Shell, pattern: string): Promise<string[]> {
  const command = parse(`: ${escapeOperators(pattern)}`).commands[0]?.command;
  const word = command?.type === "Command" ? command.args[0] : undefined;
  if (word?.type !== "Word") return [];
  const names = await expandFields(shell, [compileWord(word)]);
  return names.length === 1 && names[0] === pattern ? [] : names;
}

/** Expands the words of a list, which IFS separates and quotes may hold together. */
async function expandList(shell: Shell, text: string): Promise<string[]> {
  const words = splitList(text, shell.variables.get("IFS") ?? " \t\n").map(escapeOperators);
  const command = parse(`: ${words.join(" ")}`).commands[0]?.command;
  if (command?.type !== "Command") return [];
  const compiled = command.args.filter((argument) => argument.type === "Word").map(compileWord);
  const { noglob } = shell.options;
  shell.options.noglob = true;
  try {
    return await expandFields(shell, compiled);
  } finally {
    shell.options.noglob = noglob;
  }
}

function splitList(text: string, separators: string): string[] {
  const words: string[] = [];
  let word = "";
  let position = 0;
  while (position < text.length) {
    const end = Math.max(skipQuoted(text, position), position + 1);
    const piece = text.slice(position, end);
    if (!separators.includes(piece)) word += piece;
    else if (word !== "") {
      words.push(word);
      word = "";
    }
    position = end;
  }
  return word === "" ? words : [...words, word];
}

/** What would end a word or begin another command is only text here. */
function escapeOperators(word: string): string {
  let escaped = "";
  let position = 0;
  while (position < word.length) {
    const end = Math.max(skipQuoted(word, position), position + 1);
    const piece = word.slice(position, end);
    escaped += /^[\s;|&()<>#]$/u.test(piece) ? `\\${piece}` : piece;
    position = end;
  }
  return escaped;
}

async function callFunction(
  shell: Shell,
  name: string,
  word: string,
  line: CompletionLine,
): Promise<number> {
  const { variables } = shell;
  const target = shell.functions.get(name);
  if (target === undefined) {
    shell.warn(`completion: function \`${name}' not found`);
    return 1;
  }
  setLineVariables(shell, line);
  variables.setArray("COMP_WORDS", IndexedArray.of(line.words));
  variables.set("COMP_CWORD", String(line.wordIndex));
  variables.unset("COMPREPLY");
  const { status } = shell;
  const previous = line.words[line.wordIndex - 1] ?? "";
  try {
    return await shell.callFunction(target, [line.words[0] ?? "compgen", word, previous]);
  } finally {
    shell.status = status;
    for (const one of ["COMP_WORDS", "COMP_CWORD", ...LINE_VARIABLES]) variables.unset(one);
  }
}

const LINE_VARIABLES = ["COMP_LINE", "COMP_POINT", "COMP_TYPE", "COMP_KEY"];
/** What Tab asks for, and the key itself. */
const TAB = "9";

function setLineVariables(shell: Shell, { text, cursor }: CompletionLine): void {
  shell.variables.set("COMP_LINE", text);
  shell.variables.set("COMP_POINT", String([...text.slice(0, cursor)].length));
  shell.variables.set("COMP_TYPE", TAB);
  shell.variables.set("COMP_KEY", TAB);
}

function takeReply(shell: Shell): string[] {
  const reply = shell.variables.value("COMPREPLY");
  if (reply === undefined) return [];
  shell.variables.unset("COMPREPLY");
  return typeof reply === "string" ? [reply] : reply.values();
}

async function runCommand(
  shell: Shell,
  command: string,
  word: string,
  line: CompletionLine,
): Promise<string[]> {
  setLineVariables(shell, line);
  for (const name of LINE_VARIABLES) shell.variables.setAttributes(name, 1);
  const previous = line.words[line.wordIndex - 1] ?? "";
  const args = [line.words[0] ?? "compgen", word, previous].map(quoteSingle);
  try {
    const output = await shell.expandText(`$(${command} ${args.join(" ")})`);
    return output.split("\n").filter((one) => one !== "");
  } finally {
    for (const name of LINE_VARIABLES) shell.variables.unset(name);
  }
}

/** Removes what the pattern matches, or with `!` what it does not; `&` is the word. */
function applyFilter(shell: Shell, names: string[], filter: string, word: string): string[] {
  const isInverted = filter.startsWith("!");
  const source = (isInverted ? filter.slice(1) : filter).replace(/\\?&/gu, (found) =>
    found === "&" ? word : "&",
  );
  const pattern = compilePattern(source, {
    extglob: shell.shopt.extglob,
    ignoreCase: shell.shopt.nocasematch,
  });
  return names.filter((name) => pattern.matches(name) === isInverted);
}
