/**
 * What Tab does with what a completer found: how much can be inserted, and how a list is shown. Pure.
 */
import { textColumns } from "./text.ts";

export interface Candidate {
  /** What takes the place of the word, quoted as it must be. */
  readonly text: string;
  /** What a list shows; without directories before it. */
  readonly display: string;
  /** What follows when it is the only one: a blank, a slash, a closing quote. */
  readonly suffix: string;
}

export interface Completion {
  /** Where the word that is completed begins in the line. */
  readonly start: number;
  readonly candidates: readonly Candidate[];
}

/** What to insert in place of the word; undefined when that would change nothing. */
export function commonCompletion(
  completion: Completion,
  word: string,
  ignoreCase: boolean,
): string | undefined {
  const [first, ...others] = completion.candidates;
  if (first === undefined) return undefined;
  if (others.length === 0) return first.text + first.suffix;
  let common = first.text;
  for (const { text } of others) common = common.slice(0, commonLength(common, text, ignoreCase));
  const isLonger =
    common.length > word.length || (common.length === word.length && common !== word);
  return isLonger ? common : undefined;
}

function commonLength(a: string, b: string, ignoreCase: boolean): number {
  const [one, two] = ignoreCase ? [a.toLowerCase(), b.toLowerCase()] : [a, b];
  let length = 0;
  while (length < one.length && one[length] === two[length]) length++;
  return length > 0 && (one.codePointAt(length - 1) as number) > 0xffff ? length - 1 : length;
}

/** The candidates in columns, read downwards, as `ls` shows names. */
export function listCandidates(candidates: readonly Candidate[], width: number): string {
  const names = [...new Set(candidates.map(({ display }) => display))];
  const columns = names.map(textColumns);
  const cell = Math.max(...columns, 1) + 2;
  const perRow = Math.max(1, Math.floor(width / cell));
  const rows = Math.ceil(names.length / perRow);
  let text = "";
  for (let row = 0; row < rows; row++) {
    let line = "";
    for (let column = 0; column < perRow; column++) {
      const index = column * rows + row;
      const name = names[index];
      if (name === undefined) break;
      const isLast = (column + 1) * rows + row >= names.length || column === perRow - 1;
      line += name + (isLast ? "" : " ".repeat(cell - (columns[index] ?? 0)));
    }
    text += `${line}\r\n`;
  }
  return text;
}
