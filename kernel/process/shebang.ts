/** The first line of a script (execve(2), "Interpreter scripts"), taken apart as Linux does. */
import { decodeUtf8 } from "../bytes.ts";
import { SHEBANG_MAX } from "../limits.ts";

export interface Shebang {
  readonly interpreter: string;
  /** All that follows on the line, blanks inside included, as one argument. */
  readonly argument: string | undefined;
}

const HASH = 0x23;
const BANG = 0x21;
const NEWLINE = 0x0a;
const TAB = 0x09;
const SPACE = 0x20;

export function isScript(head: Uint8Array): boolean {
  return head[0] === HASH && head[1] === BANG;
}

/** `head` has the file's first SHEBANG_MAX bytes; undefined where it names no interpreter. */
export function parseShebang(head: Uint8Array): Shebang | undefined {
  const newline = head.indexOf(NEWLINE);
  const whole = newline >= 0 || head.length < SHEBANG_MAX;
  const line = head.subarray(0, newline >= 0 ? newline : head.length);
  let end = line.length;
  while (end > 2 && isBlank(line[end - 1])) end--;
  let start = 2;
  while (start < end && isBlank(line[start])) start++;
  let nameEnd = start;
  while (nameEnd < end && !isBlank(line[nameEnd]) && line[nameEnd] !== 0) nameEnd++;
  // A name that runs into the limit may be cut off.
  if (nameEnd === start || (!whole && nameEnd === line.length)) return undefined;
  const interpreter = decodeUtf8(line, start, nameEnd);
  let from = nameEnd;
  while (from < end && isBlank(line[from])) from++;
  const nul = line.subarray(0, end).indexOf(0, from);
  const to = nul < 0 ? end : nul;
  const argument = line[nameEnd] !== 0 && from < to ? decodeUtf8(line, from, to) : undefined;
  return { interpreter, argument };
}

function isBlank(byte: number | undefined): boolean {
  return byte === SPACE || byte === TAB;
}
