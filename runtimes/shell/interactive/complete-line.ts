/**
 * What Tab finds for the word before the cursor: by the command's own specification, else commands,
 * variables, users and files.
 *
 * @see https://www.gnu.org/software/bash/manual/html_node/Programmable-Completion.html
 */
import { compareBytes } from "../compare.ts";
import { commandNames, namesOf } from "../completion/actions.ts";
import { expandHome, fileNames } from "../completion/files.ts";
import { type CompletionLine, generate, RETRY } from "../completion/generate.ts";
import { analyseLine, type LineAnalysis } from "../completion/line.ts";
import {
  type CompletionSpec,
  DEFAULT_COMMAND,
  EMPTY_COMMAND,
  INITIAL_WORD,
} from "../completion/spec.ts";
import { isDirectory } from "../file-tests.ts";
import type { Candidate, Completion } from "../line-editor/completion.ts";
import { quoteBackslash } from "../quote.ts";
import type { Shell } from "../state.ts";

export async function completeLine(
  shell: Shell,
  text: string,
  cursor: number,
): Promise<Completion> {
  const analysis = analyseLine(text, cursor);
  const programmed = shell.shopt.progcomp
    ? await programmable(shell, analysis, text, cursor)
    : undefined;
  return programmed ?? (await byDefault(shell, analysis));
}

/** Undefined where no specification applies, or what it found leaves the field to the default. */
async function programmable(
  shell: Shell,
  analysis: LineAnalysis,
  text: string,
  cursor: number,
): Promise<Completion | undefined> {
  if (analysis.isRedirection || /^[$~]/u.test(analysis.raw)) return undefined;
  for (let attempt = 0; attempt < 5; attempt++) {
    const spec = findSpec(shell, analysis);
    if (spec === undefined) return undefined;
    const line: CompletionLine = {
      text,
      cursor,
      words: analysis.words,
      wordIndex: analysis.words.length - 1,
    };
    shell.currentCompletion = { spec };
    try {
      const { names, status } = await generate(shell, spec, analysis.word, line);
      if (status === RETRY && names.length === 0) continue;
      const { options } = shell.currentCompletion.spec;
      if (names.length === 0 && (options.has("default") || options.has("bashdefault"))) {
        return undefined;
      }
      return specified(shell, analysis, names, options);
    } finally {
      shell.currentCompletion = undefined;
    }
  }
  return undefined;
}

function findSpec(
  shell: Shell,
  { isCommand, words, word }: LineAnalysis,
): CompletionSpec | undefined {
  const { completions } = shell;
  if (completions.size === 0) return undefined;
  if (isCommand) return completions.get(word === "" ? EMPTY_COMMAND : INITIAL_WORD);
  const name = words[0] ?? "";
  return (
    completions.get(name) ??
    completions.get(name.slice(name.lastIndexOf("/") + 1)) ??
    completions.get(DEFAULT_COMMAND)
  );
}

async function specified(
  shell: Shell,
  analysis: LineAnalysis,
  names: readonly string[],
  options: CompletionSpec["options"],
): Promise<Completion> {
  const areFiles = options.has("filenames") || options.has("plusdirs");
  const suffix = options.has("nospace") ? "" : " ";
  const candidates: Candidate[] = [];
  const shown = [...new Set(names)];
  if (!options.has("nosort")) shown.sort(compareBytes);
  for (const name of shown) {
    if (areFiles) candidates.push(await fileCandidate(shell, analysis, name));
    else candidates.push({ text: name, display: name, suffix });
  }
  return { start: analysis.start, candidates };
}

async function byDefault(shell: Shell, analysis: LineAnalysis): Promise<Completion> {
  const { raw, word, quote, isCommand, start } = analysis;
  const variable = /(?:^|[^\\])(\$\{?)(\w*)$/u.exec(raw);
  if (variable !== null && quote !== "'") return variableNames(shell, analysis, variable);
  if (quote === "" && /^~[^/]*$/u.test(raw)) {
    const users = await namesOf(shell, "user", raw.slice(1));
    return { start, candidates: users.map((name) => plain(`~${name}`, "/")) };
  }
  if (isCommand && quote === "" && word !== "" && !word.includes("/")) {
    const names = [...new Set(await commandNames(shell, word))].sort(compareBytes);
    if (names.length > 0) {
      return { start, candidates: names.map((name) => plain(quoteBackslash(name), " ", name)) };
    }
  }
  if (isCommand && word === "" && shell.shopt.no_empty_cmd_completion) {
    return { start, candidates: [] };
  }
  return completeFiles(shell, analysis);
}

function plain(text: string, suffix: string, display = text): Candidate {
  return { text, display, suffix };
}

async function variableNames(
  shell: Shell,
  { start, raw, quote }: LineAnalysis,
  match: RegExpExecArray,
): Promise<Completion> {
  const [, sign = "$", name = ""] = match;
  const names = (await namesOf(shell, "variable", name)).sort(compareBytes);
  const close = sign === "${" ? "}" : "";
  const from = start + raw.length - name.length - sign.length;
  const suffix = quote === "" ? " " : quote;
  return {
    start: from,
    candidates: names.map((one) => plain(`${sign}${one}${close}`, suffix, one)),
  };
}

/** Words are broken at `=` and `:` for file names: `--file=/etc/pa`, `PATH=/bin:/us`. */
async function completeFiles(shell: Shell, analysis: LineAnalysis): Promise<Completion> {
  const border =
    analysis.quote === "" ? (/^.*(?<!\\)[=:]/su.exec(analysis.raw)?.[0].length ?? 0) : 0;
  const broken: LineAnalysis = {
    ...analysis,
    start: analysis.start + border,
    raw: analysis.raw.slice(border),
    word:
      border === 0
        ? analysis.word
        : analyseLine(analysis.raw.slice(border), analysis.raw.length).word,
  };
  const names = (await fileNames(shell, broken.word, false)).sort(compareBytes);
  const candidates: Candidate[] = [];
  for (const name of names) candidates.push(await fileCandidate(shell, broken, name));
  return { start: broken.start, candidates };
}

async function fileCandidate(
  shell: Shell,
  { quote }: LineAnalysis,
  name: string,
): Promise<Candidate> {
  const isFolder = await isDirectory(shell.sys, expandHome(shell, name));
  const display = name.replace(/\/$/u, "").replace(/^.*\//su, "") + (isFolder ? "/" : "");
  const text = quote + quoteName(name, quote);
  if (isFolder) return { text, display, suffix: name.endsWith("/") ? "" : "/" };
  return { text, display, suffix: `${quote} ` };
}

function quoteName(name: string, quote: LineAnalysis["quote"]): string {
  if (quote === "'") return name.replaceAll("'", "'\\''");
  if (quote === '"') return name.replace(/["\\$`]/gu, "\\$&");
  const home = /^~[^/]*\//u.exec(name)?.[0] ?? "";
  return home + (name.length > home.length ? quoteBackslash(name.slice(home.length)) : "");
}
