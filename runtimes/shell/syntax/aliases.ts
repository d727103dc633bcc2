/**
 * Alias expansion, which bash does on the text of a command before it reads it: each command word that
 * is an alias is replaced, and the text read again. Pure.
 *
 * @see https://www.gnu.org/software/bash/manual/html_node/Aliases.html
 */
import { forEachChild, type ParsedScript, parse, type SyntaxNode } from "unbash";
import { splitLines } from "./lines.ts";

export interface Aliases {
  get(name: string): string | undefined;
}

/** A stretch of text that came from an alias, which is not expanded in it again. */
interface Origin {
  start: number;
  end: number;
  readonly name: string;
}

/** More replacements in one line are an endless game. */
const MAX_REPLACEMENTS = 10_000;

/** `text` with the aliases in its first line replaced; undefined where there are none. */
export function expandAliases(text: string, aliases: Aliases): string | undefined {
  let result = text;
  let from = 0;
  /** Words to look at because the alias before them ends in a blank. */
  let extras: number[] = [];
  let changed = false;
  const origins: Origin[] = [];
  for (let count = 0; count < MAX_REPLACEMENTS; count++) {
    const word = nextWord(result, from, extras);
    if (!word) break;
    const value = aliases.get(word.text);
    const isInside = origins.some(
      ({ start, end, name }) => word.pos >= start && word.pos < end && name === word.text,
    );
    if (value === undefined || isInside) {
      from = word.pos + Math.max(word.text.length, 1);
      continue;
    }
    changed = true;
    result = result.slice(0, word.pos) + value + result.slice(word.pos + word.text.length);
    const growth = value.length - word.text.length;
    for (const origin of origins) {
      if (origin.start > word.pos) origin.start += growth;
      if (origin.end > word.pos) origin.end += growth;
    }
    origins.push({ start: word.pos, end: word.pos + value.length, name: word.text });
    from = word.pos;
    extras = extras.map((at) => (at > word.pos ? at + growth : at));
    if (/[ \t]$/u.test(value)) extras.push(skipBlanks(result, word.pos + value.length));
  }
  return changed ? result : undefined;
}

function skipBlanks(text: string, start: number): number {
  let at = start;
  for (;;) {
    if (text[at] === " " || text[at] === "\t") at++;
    else if (text.startsWith("\\\n", at)) at += 2;
    else return at;
  }
}

interface PlainWord {
  readonly text: string;
  readonly pos: number;
}

/** The first plain word at or after `from`, in the first line, that may be an alias. */
function nextWord(text: string, from: number, extras: readonly number[]): PlainWord | undefined {
  const script = parse(text);
  const end = firstLineEnd(text, script);
  let best: PlainWord | undefined;
  const consider = (word: PlainWord): void => {
    if (word.pos >= from && word.pos < end && (!best || word.pos < best.pos)) best = word;
  };
  const visit = (node: SyntaxNode): void => {
    // Backquotes hold a text of their own, which is read when it runs.
    if (node.type === "CommandExpansion" && node.text.startsWith("`")) return;
    if (node.type === "Command" && node.name && isPlain(node.name.text)) consider(node.name);
    forEachChild(node, visit);
  };
  forEachChild(script, visit);
  for (const pos of extras) {
    const plain = pos >= from ? /^[^\s;&|()<>'"\\$`]+/u.exec(text.slice(pos, pos + 4096)) : null;
    if (plain) consider({ text: plain[0], pos });
  }
  return best;
}

function isPlain(text: string): boolean {
  return !/['"\\$`]/u.test(text);
}

function firstLineEnd(text: string, script: ParsedScript): number {
  const [first, second] = splitLines(text, script);
  if (script.errors || !first) return second && !script.errors ? second.start : text.length;
  return second?.start ?? text.length;
}
