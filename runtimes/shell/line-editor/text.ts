/**
 * Positions and widths in a line of text: what one step of the cursor is, where words begin and end,
 * how a character shows on a terminal. Pure; positions are indices into the JavaScript string and
 * always lie between characters.
 */
import { columnsOf } from "../../../kernel/index.ts";

/** The position one character further; combining characters belong to the one before them. */
export function nextPosition(text: string, position: number): number {
  if (position >= text.length) return text.length;
  let next = position + codeLength(text, position);
  while (next < text.length && isCombining(text, next)) next += codeLength(text, next);
  return next;
}

export function previousPosition(text: string, position: number): number {
  let previous = position;
  do {
    if (previous <= 0) return 0;
    previous--;
    if (previous > 0 && isPair(text, previous - 1)) previous--;
  } while (isCombining(text, previous));
  return previous;
}

/** End of the word at or behind `position`; a word is letters and digits. */
export function wordEnd(text: string, position: number): number {
  return skipWhile(
    text,
    skipWhile(text, position, (one) => !isWord(one)),
    isWord,
  );
}

/** Start of the word at or before `position`. */
export function wordStart(text: string, position: number): number {
  return skipBackWhile(
    text,
    skipBackWhile(text, position, (one) => !isWord(one)),
    isWord,
  );
}

/** Start of the run of anything but blanks before `position` (Ctrl-W). */
export function blankWordStart(text: string, position: number): number {
  return skipBackWhile(text, skipBackWhile(text, position, isBlank), (one) => !isBlank(one));
}

/** Start of the run without blanks and slashes before `position`. */
export function fileNameStart(text: string, position: number): number {
  const isBorder = (one: string) => isBlank(one) || one === "/";
  return skipBackWhile(text, skipBackWhile(text, position, isBorder), (one) => !isBorder(one));
}

export function skipWhile(
  text: string,
  position: number,
  matches: (character: string) => boolean,
): number {
  let at = position;
  while (at < text.length && matches(characterAt(text, at))) at = nextPosition(text, at);
  return at;
}

export function skipBackWhile(
  text: string,
  position: number,
  matches: (character: string) => boolean,
): number {
  let at = position;
  while (at > 0) {
    const previous = previousPosition(text, at);
    if (!matches(characterAt(text, previous))) break;
    at = previous;
  }
  return at;
}

export function isBlank(character: string): boolean {
  return character === " " || character === "\t" || character === "\n";
}

export function isWord(character: string): boolean {
  return /^[\p{L}\p{N}]/u.test(character);
}

/** How a character is shown: itself, `^A` for a control character, `\377` for a byte. */
export interface Glyph {
  readonly text: string;
  readonly columns: number;
}

export function glyphOf(code: number): Glyph {
  if (code < 0x20 || code === 0x7f) {
    return { text: `^${String.fromCharCode(code ^ 0x40)}`, columns: 2 };
  }
  if (code >= 0x80 && code < 0xa0) return escapedBytes(code);
  if (code >= 0xdc80 && code <= 0xdcff) return escapedBytes(code - 0xdc00);
  return { text: String.fromCodePoint(code), columns: columnsOf(code) };
}

/** The columns that `text` takes on a line of its own. */
export function textColumns(text: string): number {
  let columns = 0;
  for (const character of text) columns += glyphOf(character.codePointAt(0) as number).columns;
  return columns;
}

function escapedBytes(byte: number): Glyph {
  return { text: `\\${byte.toString(8).padStart(3, "0")}`, columns: 4 };
}

function characterAt(text: string, position: number): string {
  return text.slice(position, position + codeLength(text, position));
}

function codeLength(text: string, position: number): number {
  return isPair(text, position) ? 2 : 1;
}

function isPair(text: string, position: number): boolean {
  return (text.codePointAt(position) as number) > 0xffff;
}

function isCombining(text: string, position: number): boolean {
  const code = text.codePointAt(position);
  return code !== undefined && code >= 0x300 && glyphOf(code).columns === 0;
}
