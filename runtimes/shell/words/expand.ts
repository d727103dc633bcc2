/**
 * Word expansion: pieces in, fields or text out, in bash's order. What needs a process is awaited; all
 * else happens at once.
 *
 * @see https://www.gnu.org/software/bash/manual/html_node/Shell-Expansions.html
 */
import { BraceExpansionTooLarge, expandBraces } from "../brace.ts";
import { ShellError } from "../errors.ts";
import type { Shell } from "../state.ts";
import { substituteCommand, substituteProcess } from "../substitution.ts";
import { chain, type MaybePromise } from "../task.ts";
import { evaluate } from "./arithmetic-values.ts";
import { type CompiledWord, compileWordText } from "./compile.ts";
import { failExpansion } from "./failures.ts";
import { expandNames } from "./file-names.ts";
import { expandTilde } from "./home.ts";
import { expandParameter } from "./parameter-expansion.ts";
import { separatorsOf } from "./parameters.ts";
import type { ArithmeticPiece, Piece, QuotesPiece, WordPieces } from "./pieces.ts";
import {
  FieldSink,
  PatternSink,
  RegexSink,
  ReplacementSink,
  type Sink,
  TextSink,
} from "./sinks.ts";
import { compileTemplate, type TemplateKind } from "./template.ts";

/** The words as a command's arguments: split, and with file names in the place of patterns. */
export function expandFields(shell: Shell, words: readonly CompiledWord[]): MaybePromise<string[]> {
  const sink = new FieldSink(separatorsOf(shell));
  for (let number = 0; number < words.length; number++) {
    const pending = expandWord(shell, words[number] as CompiledWord, sink);
    if (pending) return pending.then(() => expandRest(shell, words, number + 1, sink));
  }
  return sink.patterns.size === 0 ? sink.fields : expandNames(shell, sink);
}

/** The word as one text: neither split nor matched against file names. */
export function expandText(shell: Shell, word: WordPieces): MaybePromise<string> {
  const { pieces } = word;
  const first = pieces[0];
  if (first === undefined) return "";
  if (pieces.length === 1 && first.kind === "text") return first.text;
  return expandInto(shell, pieces, new TextSink(separatorsOf(shell)));
}

export function expandPattern(shell: Shell, word: WordPieces): MaybePromise<string> {
  return expandInto(shell, word.pieces, new PatternSink(separatorsOf(shell)));
}

export function expandRegex(shell: Shell, word: WordPieces): MaybePromise<string> {
  return expandInto(shell, word.pieces, new RegexSink(separatorsOf(shell)));
}

export function expandReplacement(shell: Shell, word: WordPieces): MaybePromise<string> {
  return expandInto(shell, word.pieces, new ReplacementSink(separatorsOf(shell)));
}

/** Text as between double quotes: a here-document, a prompt, an arithmetic expression. */
export function expandTemplate(
  shell: Shell,
  text: string,
  kind: TemplateKind,
): MaybePromise<string> {
  return expandText(shell, { text, pieces: compileTemplate(text, kind) });
}

export function expandPieces(
  shell: Shell,
  pieces: readonly Piece[],
  sink: Sink,
  from = 0,
): Promise<void> | undefined {
  for (let number = from; number < pieces.length; number++) {
    const pending = expandPiece(shell, pieces[number] as Piece, sink);
    if (pending) return pending.then(() => expandPieces(shell, pieces, sink, number + 1));
  }
  return undefined;
}

async function expandRest(
  shell: Shell,
  words: readonly CompiledWord[],
  from: number,
  sink: FieldSink,
): Promise<string[]> {
  for (let number = from; number < words.length; number++)
    await expandWord(shell, words[number] as CompiledWord, sink);
  return sink.patterns.size === 0 ? sink.fields : expandNames(shell, sink);
}

function expandInto(shell: Shell, pieces: readonly Piece[], sink: TextSink): MaybePromise<string> {
  const pending = expandPieces(shell, pieces, sink);
  return pending ? pending.then(() => sink.text) : sink.text;
}

function expandWord(shell: Shell, word: CompiledWord, sink: FieldSink): Promise<void> | undefined {
  if (word.constant !== undefined) {
    sink.add(word.constant);
    return undefined;
  }
  if (word.hasBraces && shell.options.braceexpand) {
    const words = bracedWords(shell, word);
    if (words.length !== 1 || words[0] !== word) return expandAll(shell, words, sink, 0);
  }
  const pending = expandPieces(shell, word.pieces, sink);
  if (pending) return pending.then(() => sink.endWord());
  sink.endWord();
  return undefined;
}

function expandAll(
  shell: Shell,
  words: readonly CompiledWord[],
  sink: FieldSink,
  from: number,
): Promise<void> | undefined {
  for (let number = from; number < words.length; number++) {
    const pending = expandWord(shell, words[number] as CompiledWord, sink);
    if (pending) return pending.then(() => expandAll(shell, words, sink, number + 1));
  }
  return undefined;
}

const braced = new WeakMap<CompiledWord, readonly CompiledWord[]>();
/** Larger results are made again each time instead of being kept. */
const MAX_KEPT_WORDS = 1000;

function bracedWords(shell: Shell, word: CompiledWord): readonly CompiledWord[] {
  const known = braced.get(word);
  if (known) return known;
  let texts: string[];
  try {
    texts = expandBraces(word.text);
  } catch (error) {
    if (!(error instanceof BraceExpansionTooLarge)) throw error;
    failExpansion(shell, error.message);
  }
  const isUnchanged = texts.length === 1 && texts[0] === word.text;
  const words = isUnchanged ? [word] : texts.map(compileBraced);
  if (words.length <= MAX_KEPT_WORDS) braced.set(word, words);
  return words;
}

function compileBraced(text: string): CompiledWord {
  if (text === "") return { text, pieces: [], constant: undefined, hasBraces: false };
  if (/^[\w.,:/+@%=-]+$/u.test(text)) return { text, pieces: [], constant: text, hasBraces: false };
  return { ...compileWordText(text), hasBraces: false };
}

function expandPiece(shell: Shell, piece: Piece, sink: Sink): Promise<void> | undefined {
  switch (piece.kind) {
    case "text":
      sink.literal(piece.text, piece.quoted);
      return undefined;
    case "quotes":
      return expandQuotes(shell, piece, sink);
    case "parameter":
      return expandParameter(shell, piece, sink);
    case "tilde":
      if (piece.isExtension && shell.options.posix) sink.literal(`~${piece.user}`, false);
      else sink.literal(expandTilde(shell, piece.user), true);
      return undefined;
    case "arithmetic":
      return expandArithmetic(shell, piece, sink);
    case "command":
      return asEffect(
        chain(substituteCommand(shell, piece), (text) => sink.expansion(text, piece.quoted)),
      );
    case "process":
      return asEffect(chain(substituteProcess(shell, piece), (path) => sink.literal(path, true)));
  }
}

function asEffect(result: MaybePromise<void>): Promise<void> | undefined {
  return result instanceof Promise ? result : undefined;
}

function expandQuotes(shell: Shell, quotes: QuotesPiece, sink: Sink): Promise<void> | undefined {
  // An empty "$@" leaves no field, but whatever else it makes does.
  if (!quotes.hasList) sink.mark();
  return expandPieces(shell, quotes.pieces, sink);
}

function expandArithmetic(
  shell: Shell,
  piece: ArithmeticPiece,
  sink: Sink,
): Promise<void> | undefined {
  const expression = expandTemplate(shell, piece.expression, "arithmetic");
  return asEffect(
    chain(expression, (text) =>
      sink.expansion(String(evaluateExpansion(shell, text)), piece.quoted),
    ),
  );
}

function evaluateExpansion(shell: Shell, text: string): number | bigint {
  try {
    return evaluate(shell, text);
  } catch (error) {
    if (error instanceof ShellError) failExpansion(shell, error.message);
    throw error;
  }
}
