/**
 * The words of a history line, as word designators and `yank-last-arg` count them: quotes stay, and
 * operators are words of their own. Pure.
 */
import { skipQuoted } from "../scan.ts";

export interface HistoryWord {
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

export function historyWords(line: string): HistoryWord[] {
  const words: HistoryWord[] = [];
  let position = 0;
  while (position < line.length) {
    if (/[ \t\n]/u.test(line[position] as string)) {
      position++;
      continue;
    }
    const start = position;
    position = wordEnd(line, start);
    words.push({ text: line.slice(start, position), start, end: position });
  }
  return words;
}

const OPERATOR = /(?:<<<|<<-|&>>|;;&|<<|>>|<&|>&|<>|>\||&&|\|\||\|&|;;|;&|&>|[<>;&|()])/y;
const DESCRIPTOR = /\d+(?=[<>])/y;

function wordEnd(line: string, start: number): number {
  const isSubstitution = (line[start] === "<" || line[start] === ">") && line[start + 1] === "(";
  DESCRIPTOR.lastIndex = start;
  const digits = DESCRIPTOR.exec(line)?.[0].length ?? 0;
  OPERATOR.lastIndex = start + digits;
  const operator = isSubstitution ? null : OPERATOR.exec(line);
  if (operator !== null) {
    const end = start + digits + operator[0].length;
    // `2>&1` is one word.
    return /[<>]&$/u.test(operator[0])
      ? (/\d*-?/y.exec(line.slice(end))?.[0].length ?? 0) + end
      : end;
  }
  let position = start;
  while (position < line.length) {
    const skipped = skipQuoted(line, position);
    if (skipped > position) position = skipped;
    else if (/[ \t\n<>;&|()]/u.test(line[position] as string)) break;
    else position++;
  }
  return position;
}
