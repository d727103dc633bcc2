/** The text of a line that is being edited: its characters, its words, its width on the screen. */
import { decodeUtf8 } from "../bytes.ts";
import { columnsOf } from "./width.ts";

const TAB = 0x09;
const SPACE = 0x20;
const UNDERSCORE = 0x5f;
const DELETE = 0x7f;
/** The first byte of a UTF-8 sequence is no less. */
const LEAD = 0xc0;
const TAB_STOP = 8;

/** Bytes of the last character of `line`, with what combines with it. */
export function lastCharacter(line: readonly number[], isUtf8: boolean): number {
  if (!isUtf8) return Math.min(1, line.length);
  let start = line.length;
  while (start > 0) {
    start = startOfCodePoint(line, start);
    if (widthOf(line.slice(start)) > 0) break;
  }
  return line.length - start;
}

/** Bytes of the last word and of what follows it: letters, digits, underscores, and all beyond ASCII. */
export function lastWord(line: readonly number[], isUtf8: boolean): number {
  let end = line.length;
  let isInWord = false;
  while (end > 0) {
    const byte = line[end - 1] as number;
    const isWord = isWordByte(byte);
    if (isInWord && !isWord) break;
    isInWord = isWord;
    end = isUtf8 ? startOfCodePoint(line, end) : end - 1;
  }
  return line.length - end;
}

/** The column behind `text` when it was shown from `column` on. */
export function advance(column: number, text: readonly number[], showsControls: boolean): number {
  let at = column;
  for (const character of decodeUtf8(Uint8Array.from(text))) {
    const code = character.codePointAt(0) as number;
    if (code === TAB) at += TAB_STOP - (at % TAB_STOP);
    else if (code < SPACE || code === DELETE) at += showsControls ? 2 : 0;
    else at += columnsOf(code);
  }
  return at;
}

/** Where the code point that ends before `end` begins. */
function startOfCodePoint(line: readonly number[], end: number): number {
  let start = end - 1;
  while (start > 0 && end - start < 4 && isContinuation(line[start] as number)) start--;
  // A continuation byte that continues nothing stands for itself.
  return (line[start] as number) >= LEAD ? start : end - 1;
}

function isContinuation(byte: number): boolean {
  return (byte & 0xc0) === 0x80;
}

function widthOf(bytes: readonly number[]): number {
  const code = decodeUtf8(Uint8Array.from(bytes)).codePointAt(0) ?? 0;
  return code < SPACE ? 1 : columnsOf(code);
}

function isWordByte(byte: number): boolean {
  return (
    (byte >= 0x30 && byte <= 0x39) ||
    (byte >= 0x41 && byte <= 0x5a) ||
    (byte >= 0x61 && byte <= 0x7a) ||
    byte === UNDERSCORE ||
    byte >= 0x80
  );
}
