/**
 * Bracket expressions of shell patterns: `[a-z]`, `[!x]`, `[[:alpha:]]`, `[[=e=]]`, `[[.hyphen.]]`.
 * Pure; used by the pattern parser only.
 *
 * Ranges compare code points (bash's `globasciiranges`, on by default); character classes follow
 * Unicode as a UTF-8 locale does. A byte that is not valid UTF-8 (U+DC80..U+DCFF) is a character
 * of its own that belongs to no class.
 *
 * @see https://pubs.opengroup.org/onlinepubs/9799919799/basedefs/V1_chap09.html#tag_09_03_05
 */

/** Decides whether one code point is in the set. */
export type CharacterTest = (code: number) => boolean;

export interface Bracket {
  readonly test: CharacterTest;
  /** Index just past the closing `]`. */
  readonly end: number;
}

/**
 * Reads the bracket expression that starts at `start` (where `source[start]` is `[`).
 * Returns undefined when it is not closed: the `[` then stands for itself.
 */
export function parseBracket(
  source: string,
  start: number,
  ignoreCase: boolean,
): Bracket | undefined {
  let position = start + 1;
  const first = source[position];
  const negated = first === "!" || first === "^";
  if (negated) position++;

  const tests: CharacterTest[] = [];
  const bodyStart = position;
  while (position < source.length) {
    if (source[position] === "]" && position > bodyStart) {
      return { test: combine(tests, negated, ignoreCase), end: position + 1 };
    }
    const item = readItem(source, position);
    if (item === undefined) return undefined;
    position = item.end;
    const isRange =
      item.code !== undefined && source[position] === "-" && isRangeEnd(source, position + 1);
    if (!isRange) {
      if (item.test !== undefined) tests.push(item.test);
      else if (item.code !== undefined) tests.push(oneCharacter(item.code));
      continue;
    }
    const upper = readItem(source, position + 1);
    if (upper === undefined) return undefined;
    position = upper.end;
    if (item.code !== undefined && upper.code !== undefined) {
      tests.push(characterRange(item.code, upper.code));
    }
  }
  return undefined;
}

/** The test for `[[:name:]]`, or undefined when there is no such class. */
export function characterClass(name: string): CharacterTest | undefined {
  return Object.hasOwn(CLASSES, name) ? CLASSES[name] : undefined;
}

interface Item {
  /** Set when the item is one character, and so may begin a range. */
  readonly code?: number;
  readonly test?: CharacterTest;
  readonly end: number;
}

function isRangeEnd(source: string, position: number): boolean {
  return position < source.length && source[position] !== "]";
}

function readItem(source: string, position: number): Item | undefined {
  const character = source[position];
  if (character === "[") {
    const special = readSpecial(source, position);
    if (special !== undefined) return special;
  }
  let at = position;
  if (character === "\\") {
    at++;
    if (at >= source.length) return undefined;
  }
  const code = source.codePointAt(at) as number;
  return { code, end: at + (code > 0xffff ? 2 : 1) };
}

/** `[:class:]`, `[=c=]` or `[.symbol.]`; undefined when the brackets do not pair up. */
function readSpecial(source: string, position: number): Item | undefined {
  const kind = source[position + 1];
  if (kind !== ":" && kind !== "=" && kind !== ".") return undefined;
  const close = source.indexOf(`${kind}]`, position + 2);
  if (close < 0) return undefined;
  const name = source.slice(position + 2, close);
  const end = close + 2;
  if (kind === ":") {
    if (!/^\w*$/.test(name)) return undefined;
    return { test: characterClass(name) ?? never, end };
  }
  const code = collatingElement(name);
  return code === undefined ? { test: never, end } : { code, end };
}

function collatingElement(name: string): number | undefined {
  const code = name.codePointAt(0);
  if (code !== undefined && name.length === (code > 0xffff ? 2 : 1)) return code;
  return COLLATING_SYMBOLS.get(name);
}

function combine(tests: CharacterTest[], negated: boolean, ignoreCase: boolean): CharacterTest {
  const inOne: CharacterTest = (code) => {
    for (const test of tests) if (test(code)) return true;
    return false;
  };
  const inAny: CharacterTest = ignoreCase
    ? (code) => inOne(code) || inOne(lowerCase(code)) || inOne(upperCase(code))
    : inOne;
  return negated ? (code) => !inAny(code) : inAny;
}

const never: CharacterTest = () => false;

function oneCharacter(expected: number): CharacterTest {
  return (code) => code === expected;
}

function characterRange(lower: number, upper: number): CharacterTest {
  return (code) => code >= lower && code <= upper;
}

/** Lower case of one code point when that is again one code point, else the code point itself. */
export function lowerCase(code: number): number {
  if (code < 0x80) return code >= 0x41 && code <= 0x5a ? code + 0x20 : code;
  return sameLength(code, String.fromCodePoint(code).toLowerCase());
}

function upperCase(code: number): number {
  if (code < 0x80) return code >= 0x61 && code <= 0x7a ? code - 0x20 : code;
  return sameLength(code, String.fromCodePoint(code).toUpperCase());
}

function sameLength(code: number, converted: string): number {
  const result = converted.codePointAt(0) as number;
  return converted.length === (result > 0xffff ? 2 : 1) ? result : code;
}

/** ASCII ranges as a fast path, Unicode properties for the rest. */
function unicodeClass(ascii: RegExp, beyond: RegExp | undefined): CharacterTest {
  const table: boolean[] = [];
  for (let code = 0; code < 0x80; code++) table.push(ascii.test(String.fromCharCode(code)));
  return (code) => {
    if (code < 0x80) return table[code] as boolean;
    if (beyond === undefined || (code >= 0xd800 && code <= 0xdfff)) return false;
    return beyond.test(String.fromCodePoint(code));
  };
}

const CLASSES: Readonly<Record<string, CharacterTest>> = {
  alnum: unicodeClass(/[0-9A-Za-z]/, /[\p{Alphabetic}\p{Nd}]/u),
  alpha: unicodeClass(/[A-Za-z]/, /[\p{Alphabetic}\p{Nd}]/u),
  ascii: (code) => code < 0x80,
  blank: unicodeClass(/[ \t]/, /[\u1680\u2000-\u2006\u2008-\u200a\u205f\u3000]/u),
  cntrl: unicodeClass(/[\u0000-\u001f\u007f]/, /[\u0080-\u009f\u2028\u2029]/u),
  digit: unicodeClass(/[0-9]/, undefined),
  graph: unicodeClass(/[!-~]/, /[^\p{Z}\p{C}]/u),
  lower: unicodeClass(/[a-z]/, /\p{Lowercase}/u),
  print: unicodeClass(/[ -~]/, /[^\p{Zl}\p{Zp}\p{C}]/u),
  punct: unicodeClass(/[!-/:-@[-`{-~]/, /[^\p{Alphabetic}\p{Nd}\p{Z}\p{C}]/u),
  space: unicodeClass(
    /[ \t\n\v\f\r]/,
    /[\u1680\u2000-\u2006\u2008-\u200a\u2028\u2029\u205f\u3000]/u,
  ),
  upper: unicodeClass(/[A-Z]/, /\p{Uppercase}/u),
  word: unicodeClass(/\w/, /[\p{Alphabetic}\p{Nd}]/u),
  xdigit: unicodeClass(/[0-9A-Fa-f]/, undefined),
};

/** POSIX names of the portable character set, in code order from U+0000 (gaps are letters and digits). */
const SYMBOL_NAMES: readonly (readonly [number, string])[] = [
  [0x00, "NUL SOH STX ETX EOT ENQ ACK alert backspace tab newline vertical-tab form-feed"],
  [0x0d, "carriage-return SO SI DLE DC1 DC2 DC3 DC4 NAK SYN ETB CAN EM SUB ESC IS4 IS3 IS2 IS1"],
  [0x20, "space exclamation-mark quotation-mark number-sign dollar-sign percent-sign ampersand"],
  [0x27, "apostrophe left-parenthesis right-parenthesis asterisk plus-sign comma hyphen period"],
  [0x2f, "slash zero one two three four five six seven eight nine colon semicolon"],
  [0x3c, "less-than-sign equals-sign greater-than-sign question-mark commercial-at"],
  [0x5b, "left-square-bracket backslash right-square-bracket circumflex underscore grave-accent"],
  [0x7b, "left-brace vertical-line right-brace tilde DEL"],
  [0x2d, "minus dot"],
  [0x2d, "hyphen-minus full-stop solidus"],
  [0x5c, "reverse-solidus"],
  [0x5e, "circumflex-accent low-line"],
  [0x7b, "left-curly-bracket"],
  [0x7d, "right-curly-bracket"],
];

const COLLATING_SYMBOLS: ReadonlyMap<string, number> = new Map(
  SYMBOL_NAMES.flatMap(([first, names]) =>
    names.split(" ").map((name, index) => [name, first + index] as const),
  ),
);
