/**
 * Backslash escapes: `$'...'`, `echo -e`, `printf` formats and `%b`, which differ in small ways.
 * Pure. An escape that makes a byte, such as `\xc3`, makes it as an escaped surrogate; adjacent bytes
 * that form a UTF-8 character become that character.
 *
 * @see https://www.gnu.org/software/bash/manual/html_node/ANSI_002dC-Quoting.html
 */
import { decodeUtf8, encodeUtf8 } from "../../kernel/bytes.ts";

export type EscapeStyle = "ansi-c" | "echo" | "percent-b" | "printf";

export interface Unescaped {
  readonly text: string;
  /** `\c` asked to end all output (`echo` and `%b`). */
  readonly stopped: boolean;
  /** What was wrong, as `printf` words it. */
  readonly warnings: readonly string[];
}

/** The value of `$'body'`; like the C string that bash makes of it, it ends at a NUL. */
export function decodeAnsiC(body: string): string {
  const { text } = unescapeText(body, "ansi-c");
  const end = text.indexOf("\0");
  return end < 0 ? text : text.slice(0, end);
}

export function unescapeText(source: string, style: EscapeStyle): Unescaped {
  let backslash = source.indexOf("\\");
  if (backslash < 0) return { text: source, stopped: false, warnings: [] };
  let text = "";
  let position = 0;
  const warnings: string[] = [];
  while (backslash >= 0) {
    text += source.slice(position, backslash);
    const found = readEscape(source, backslash, style);
    if (found === "stop") return { text: joinBytes(text), stopped: true, warnings };
    if (found.warning !== undefined) warnings.push(found.warning);
    text += found.text;
    position = found.end;
    backslash = source.indexOf("\\", position);
  }
  return { text: joinBytes(text + source.slice(position)), stopped: false, warnings };
}

export interface Escape {
  readonly text: string;
  readonly end: number;
  readonly warning?: string;
}

/** Reads one escape, where `source[start]` is the backslash. */
export function readEscape(source: string, start: number, style: EscapeStyle): Escape | "stop" {
  const letter = source[start + 1];
  const after = start + 2;
  if (letter === undefined) return { text: "\\", end: start + 1 };
  if (Object.hasOwn(SIMPLE, letter)) return { text: SIMPLE[letter] as string, end: after };
  switch (letter) {
    case "'":
    case '"':
    case "?":
      if (style === "echo" || style === "percent-b") break;
      return { text: letter, end: after };
    case "x":
      return readHex(source, after, style);
    case "u":
    case "U":
      return readUnicode(source, after, letter);
    case "c":
      if (style === "echo" || style === "percent-b") return "stop";
      if (style === "ansi-c") return readControl(source, after);
      break;
  }
  if (letter >= "0" && letter <= "7") {
    const octal = readOctal(source, start + 1, style);
    if (octal !== undefined) return octal;
  }
  // What follows may mean something by itself: `\\%d`.
  return { text: "\\", end: start + 1 };
}

/** Escaped bytes that together are UTF-8 become characters. */
export function joinBytes(text: string): string {
  return /[\udc80-\udcff]/u.test(text) ? decodeUtf8(encodeUtf8(text)) : text;
}

const SIMPLE: Readonly<Record<string, string>> = {
  a: "\x07",
  b: "\b",
  e: "\x1b",
  E: "\x1b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
  "\\": "\\",
};

/** One byte as kernel text. */
function byteText(value: number): string {
  const byte = value & 0xff;
  return String.fromCharCode(byte < 0x80 ? byte : 0xdc00 + byte);
}

/** `\nnn`; `echo` wants, and `%b` also takes, a zero before up to three digits. */
function readOctal(source: string, start: number, style: EscapeStyle): Escape | undefined {
  const hasZero = source[start] === "0";
  if (style === "echo" && !hasZero) return undefined;
  const longest = hasZero && (style === "echo" || style === "percent-b") ? 4 : 3;
  const digits = matchAt(/[0-7]+/y, source, start).slice(0, longest);
  return { text: byteText(Number.parseInt(digits, 8)), end: start + digits.length };
}

function readHex(source: string, start: number, style: EscapeStyle): Escape {
  if (style === "ansi-c" && source[start] === "{") {
    const digits = matchAt(/[0-9A-Fa-f]*/y, source, start + 1);
    const end = start + 1 + digits.length;
    const value = Number.parseInt(digits.slice(-2) || "0", 16);
    return { text: byteText(value), end: source[end] === "}" ? end + 1 : end };
  }
  const digits = matchAt(/[0-9A-Fa-f]{1,2}/y, source, start);
  if (digits === "") {
    return { text: "\\x", end: start, warning: "missing hex digit for \\x" };
  }
  return { text: byteText(Number.parseInt(digits, 16)), end: start + digits.length };
}

function readUnicode(source: string, start: number, letter: string): Escape {
  const longest = letter === "u" ? 4 : 8;
  const digits = matchAt(/[0-9A-Fa-f]{1,8}/y, source, start).slice(0, longest);
  if (digits === "") {
    return { text: `\\${letter}`, end: start, warning: `missing unicode digit for \\${letter}` };
  }
  return { text: characterText(Number.parseInt(digits, 16)), end: start + digits.length };
}

/** UTF-8 as it was before RFC 3629: what is no character today comes out as its bytes. */
function characterText(code: number): string {
  if (code < 0xd800 || (code > 0xdfff && code <= 0x10ffff)) return String.fromCodePoint(code);
  if (code > 0x7fffffff) return "";
  const length = code < 0x10000 ? 3 : code < 0x200000 ? 4 : code < 0x4000000 ? 5 : 6;
  let rest = code;
  let text = "";
  for (let index = 1; index < length; index++) {
    text = byteText(0x80 | (rest & 0x3f)) + text;
    rest = Math.floor(rest / 64);
  }
  return byteText(((0xff00 >> length) & 0xff) | rest) + text;
}

function readControl(source: string, start: number): Escape {
  const letter = source[start];
  if (letter === undefined) return { text: "\\c", end: start };
  const isBackslash = letter === "\\" && source[start + 1] === "\\";
  const code = letter === "?" ? 0x7f : letter.toUpperCase().charCodeAt(0) & 0x1f;
  return { text: String.fromCharCode(code), end: start + (isBackslash ? 2 : 1) };
}

function matchAt(pattern: RegExp, source: string, position: number): string {
  pattern.lastIndex = position;
  return pattern.exec(source)?.[0] ?? "";
}
