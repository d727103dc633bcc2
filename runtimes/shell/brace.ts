/**
 * Brace expansion, the first of the word expansions: `a{b,c}` and `{01..10..2}` on the raw text of a
 * word. Its results are raw text again, to be read as words. Pure, linear in text and results.
 *
 * @see https://www.gnu.org/software/bash/manual/html_node/Brace-Expansion.html
 */
import { skipQuoted } from "./scan.ts";

/** More results, or more text in all of them, is an error. */
const MAX_RESULTS = 2_000_000;
const MAX_TEXT = 256_000_000;
/** Groups nested deeper stay text. */
const MAX_DEPTH = 500;

export class BraceExpansionTooLarge extends Error {
  constructor(count: number) {
    super(`brace expansion: failed to allocate memory for ${count} elements`);
  }
}

/** The words that `text` stands for; itself alone when there is nothing to expand. */
export function expandBraces(text: string): string[] {
  if (!text.includes("{") || !text.includes("}")) return [text];
  const groups = findGroups(text);
  if (groups.size === 0) return [text];
  return new Expander(text, groups).expand(0, text.length, 0);
}

interface Group {
  readonly commas: readonly number[];
  /** Index of the closing brace. */
  readonly end: number;
}

/** Pairs up unquoted braces and collects the commas of each pair, by the index of the opening one. */
function findGroups(text: string): Map<number, Group> {
  const groups = new Map<number, Group>();
  const open: { start: number; commas: number[] }[] = [];
  let index = 0;
  while (index < text.length) {
    const skipped = skipQuoted(text, index);
    if (skipped > index) {
      index = skipped;
      continue;
    }
    const character = text[index];
    if (character === "{") open.push({ start: index, commas: [] });
    else if (character === ",") open.at(-1)?.commas.push(index);
    else if (character === "}") {
      const group = open.pop();
      if (group !== undefined) groups.set(group.start, { commas: group.commas, end: index });
    }
    index++;
  }
  return groups;
}

class Expander {
  readonly #text: string;
  readonly #groups: ReadonlyMap<number, Group>;

  constructor(text: string, groups: ReadonlyMap<number, Group>) {
    this.#text = text;
    this.#groups = groups;
  }

  expand(start: number, end: number, depth: number): string[] {
    let results = [""];
    let literalStart = start;
    let index = start;
    while (index < end) {
      const group = this.#groups.get(index);
      const choices = group && depth < MAX_DEPTH && this.#choices(index, group, depth);
      if (!group || !choices) {
        index = Math.max(skipQuoted(this.#text, index), index + 1);
        continue;
      }
      results = product(results, this.#text.slice(literalStart, index), choices);
      index = group.end + 1;
      literalStart = index;
    }
    const rest = this.#text.slice(literalStart, end);
    return rest === "" ? results : results.map((result) => result + rest);
  }

  /** What the group may stand for, or undefined when it is plain text. */
  #choices(start: number, group: Group, depth: number): string[] | undefined {
    if (group.commas.length === 0) return expandSequence(this.#text.slice(start + 1, group.end));
    const choices: string[] = [];
    let pieceStart = start + 1;
    for (const pieceEnd of [...group.commas, group.end]) {
      for (const choice of this.expand(pieceStart, pieceEnd, depth + 1)) choices.push(choice);
      pieceStart = pieceEnd + 1;
    }
    return choices;
  }
}

function product(prefixes: string[], literal: string, choices: string[]): string[] {
  const count = prefixes.length * choices.length;
  const length = ((prefixes[0]?.length ?? 0) + literal.length + 1) * count;
  if (count > MAX_RESULTS || length > MAX_TEXT) throw new BraceExpansionTooLarge(count);
  const results: string[] = [];
  for (const prefix of prefixes) {
    for (const choice of choices) results.push(prefix + literal + choice);
  }
  return results;
}

const NUMBERS = /^([-+]?\d+)\.\.([-+]?\d+)(?:\.\.([-+]?\d+))?$/u;
const LETTERS = /^([A-Za-z])\.\.([A-Za-z])(?:\.\.([-+]?\d+))?$/u;

function expandSequence(text: string): string[] | undefined {
  const numbers = NUMBERS.exec(text);
  if (numbers !== null) {
    const [, first = "", last = "", step] = numbers;
    const width = isPadded(first) || isPadded(last) ? Math.max(first.length, last.length) : 0;
    return countFrom(BigInt(first), BigInt(last), BigInt(step ?? 1), (value) => pad(value, width));
  }
  const letters = LETTERS.exec(text);
  if (letters === null) return undefined;
  const [, first = "", last = "", step] = letters;
  const [from, to] = [BigInt(first.charCodeAt(0)), BigInt(last.charCodeAt(0))];
  return countFrom(from, to, BigInt(step ?? 1), letter);
}

/** Between `Z` and `a` lie two characters that mean something in a word. */
function letter(code: number | bigint): string {
  const character = String.fromCharCode(Number(code));
  if (character === "\\") return "''";
  return character === "`" ? "\\`" : character;
}

const INTEGER_MAX = 2n ** 63n - 1n;

function countFrom(
  first: bigint,
  last: bigint,
  step: bigint,
  show: (value: number | bigint) => string,
): string[] | undefined {
  if ([first, last, step].some((value) => value > INTEGER_MAX || value < -INTEGER_MAX)) {
    return undefined;
  }
  const distance = (step < 0n ? -step : step) || 1n;
  const span = last > first ? last - first : first - last;
  const count = span / distance + 1n;
  if (count > BigInt(MAX_RESULTS)) throw new BraceExpansionTooLarge(Number(count));
  const signed = last >= first ? distance : -distance;
  const [start, by] = [Number(first), Number(signed)];
  const isSmall = Number.isSafeInteger(start + Number(count) * by);
  return Array.from({ length: Number(count) }, (_, index) =>
    show(isSmall ? start + index * by : first + BigInt(index) * signed),
  );
}

function isPadded(digits: string): boolean {
  return /^[-+]?0\d/u.test(digits);
}

function pad(value: number | bigint, width: number): string {
  if (width === 0) return String(value);
  const sign = value < 0 ? "-" : "";
  return sign + String(value < 0 ? -value : value).padStart(width - sign.length, "0");
}
