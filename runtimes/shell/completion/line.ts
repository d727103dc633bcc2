/**
 * Finds the word that is to be completed and the command that it belongs to, in a line that need not
 * be finished. Pure.
 */
import { skipQuoted } from "../scan.ts";

export interface LineAnalysis {
  /** Where the word begins, its opening quote included. */
  readonly start: number;
  /** The word as typed. */
  readonly raw: string;
  /** Without quotes and backslashes. */
  readonly word: string;
  /** The quote that is open before the cursor. */
  readonly quote: "" | "'" | '"';
  /** A command is expected here. */
  readonly isCommand: boolean;
  /** The word is the target of a redirection. */
  readonly isRedirection: boolean;
  /** The words of the command from its name on, as typed; the last is the word itself. */
  readonly words: readonly string[];
}

/** Words behind which another command is expected. */
const PREFIXES = new Set(
  "if then elif else while until do ! { ( time coproc exec command builtin sudo nohup env".split(
    " ",
  ),
);

export function analyseLine(text: string, cursor: number): LineAnalysis {
  const line = text.slice(0, cursor);
  let words: string[] = [];
  let isRedirection = false;
  let position = 0;
  let start = 0;
  for (;;) {
    while (/[ \t\n]/u.test(line[position] ?? "")) position++;
    start = position;
    const operator = OPERATOR.exec(line.slice(position))?.[0];
    if (operator !== undefined) {
      position += operator.length;
      isRedirection = /[<>]/u.test(operator) && !operator.endsWith("(");
      if (!isRedirection) words = [];
      continue;
    }
    position = endOfWord(line, position);
    if (position >= line.length) break;
    const word = line.slice(start, position);
    if (isRedirection) isRedirection = false;
    else if (words.length > 0 || !isPrefix(word)) words.push(word);
  }
  const raw = line.slice(start);
  return {
    start,
    raw,
    word: unquote(raw),
    quote: openQuote(raw),
    isCommand: words.length === 0 && !isRedirection,
    isRedirection,
    words: [...words, raw],
  };
}

const OPERATOR =
  /^(?:\d*(?:<<<|<<-?|<&|<>|<\(|<|>>|>&|>\||>\(|>)|&>>?|\|\||\|&|\||&&|&|;;&?|;&|;|\(|\)|\{(?=\s)|\n)/u;

function isPrefix(word: string): boolean {
  return PREFIXES.has(word) || /^[A-Za-z_][A-Za-z0-9_]*(?:\[[^\]]*\])?\+?=/u.test(word);
}

function endOfWord(line: string, start: number): number {
  let position = start;
  while (position < line.length && !/[ \t\n;|&<>()]/u.test(line[position] as string)) {
    position = Math.max(skipQuoted(line, position), position + 1);
  }
  return position;
}

function openQuote(raw: string): "" | "'" | '"' {
  let quote: "" | "'" | '"' = "";
  for (let index = 0; index < raw.length; index++) {
    const character = raw[index];
    if (character === "\\" && quote !== "'") index++;
    else if (quote !== "" && character === quote) quote = "";
    else if (quote === "" && (character === "'" || character === '"')) quote = character;
  }
  return quote;
}

export function unquote(raw: string): string {
  let text = "";
  let quote = "";
  for (let index = 0; index < raw.length; index++) {
    const character = raw[index] as string;
    if (character === "\\" && quote !== "'" && index + 1 < raw.length) {
      const next = raw[++index] as string;
      text += quote === '"' && !/["\\$`]/u.test(next) ? `\\${next}` : next;
    } else if (quote !== "" && character === quote) quote = "";
    else if (quote === "" && (character === "'" || character === '"')) quote = character;
    else text += character;
  }
  return text;
}
