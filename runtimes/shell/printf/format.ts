/**
 * The format string of `printf`, taken apart once and kept: literal text and conversions. Pure.
 */
import { joinBytes, readEscape } from "../escape.ts";

/** A width or precision: a number, or `*` for the next argument. */
export type FieldSize = number | "*" | undefined;

export interface Conversion {
  readonly kind: "conversion";
  readonly flags: string;
  readonly width: FieldSize;
  readonly precision: FieldSize;
  readonly letter: string;
  /** The strftime format of `%(...)T`. */
  readonly timeFormat: string;
}

export type FormatPiece =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "warning"; readonly message: string }
  /** Ends the output with an error. */
  | { readonly kind: "error"; readonly message: string }
  | Conversion;

const CACHE_SIZE = 128;
const cache = new Map<string, readonly FormatPiece[]>();

export function parseFormat(format: string): readonly FormatPiece[] {
  const known = cache.get(format);
  if (known !== undefined) return known;
  const pieces = split(format);
  if (cache.size >= CACHE_SIZE) cache.clear();
  if (format.length < 1024) cache.set(format, pieces);
  return pieces;
}

function split(format: string): FormatPiece[] {
  const pieces: FormatPiece[] = [];
  let text = "";
  const flush = () => {
    if (text !== "") pieces.push({ kind: "text", text: joinBytes(text) });
    text = "";
  };
  let position = 0;
  while (position < format.length) {
    const character = format[position];
    if (character === "\\") {
      const found = readEscape(format, position, "printf");
      if (found === "stop") break;
      if (found.warning !== undefined) pieces.push({ kind: "warning", message: found.warning });
      text += found.text;
      position = found.end;
    } else if (character !== "%") {
      const next = nextSpecial(format, position);
      text += format.slice(position, next);
      position = next;
    } else if (format[position + 1] === "%") {
      text += "%";
      position += 2;
    } else {
      const { piece, end } = readConversion(format, position);
      if (piece.kind === "warning") text += "%";
      else flush();
      pieces.push(piece);
      if (piece.kind === "error") return pieces;
      position = end;
    }
  }
  flush();
  return pieces;
}

function nextSpecial(format: string, start: number): number {
  const special = /[\\%]/g;
  special.lastIndex = start;
  return special.exec(format)?.index ?? format.length;
}

const SPECIFICATION = /%([-+ #0']*)(\*|\d*)(?:\.(\*|\d*))?[hlLjzt]*/y;
const LETTERS = "diouxXeEfFgGaAcsbqQn";

function readConversion(format: string, start: number): { piece: FormatPiece; end: number } {
  SPECIFICATION.lastIndex = start;
  const match = SPECIFICATION.exec(format) as RegExpExecArray;
  const [all, flags = "", width = "", precision] = match;
  const end = start + all.length;
  const letter = format[end];
  const common = {
    kind: "conversion" as const,
    flags,
    width: fieldSize(width),
    precision: fieldSize(precision),
  };
  if (letter === undefined) {
    return { piece: { kind: "error", message: `\`${all}': missing format character` }, end };
  }
  if (letter === "(") return readTime(format, start, end, common);
  if (!LETTERS.includes(letter)) {
    return { piece: { kind: "error", message: `\`${letter}': invalid format character` }, end };
  }
  return { piece: { ...common, letter, timeFormat: "" }, end: end + 1 };
}

function readTime(
  format: string,
  start: number,
  open: number,
  common: Pick<Conversion, "kind" | "flags" | "width" | "precision">,
): { piece: FormatPiece; end: number } {
  let depth = 0;
  let close = open;
  for (; close < format.length; close++) {
    if (format[close] === "(") depth++;
    else if (format[close] === ")" && --depth === 0) break;
  }
  const letter = format[close + 1];
  if (letter === "T") {
    const timeFormat = format.slice(open + 1, close) || "%X";
    return { piece: { ...common, letter, timeFormat }, end: close + 2 };
  }
  const message = `warning: \`${letter ?? ""}': invalid time format specification`;
  return { piece: { kind: "warning", message }, end: start + 1 };
}

function fieldSize(text: string | undefined): FieldSize {
  if (text === undefined || text === "*") return text;
  return text === "" ? 0 : Number(text);
}
