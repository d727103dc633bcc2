/**
 * Parser of POSIX extended regular expressions with the extensions of the GNU C library that
 * programs use (`\w`, `\b`, `\<`). Pure.
 *
 * @see https://pubs.opengroup.org/onlinepubs/9799919799/basedefs/V1_chap09.html#tag_09_04
 */
import { type CharacterTest, lowerCase, parseBracket } from "../pattern/brackets.ts";

/** Stands before a character that was quoted in the script: it means only itself. */
export const QUOTE = "\uFDD0";

export type Assertion = "start" | "end" | "boundary" | "inside" | "wordStart" | "wordEnd";

export type RegexNode =
  | { readonly kind: "test"; readonly test: CharacterTest }
  | { readonly kind: "assert"; readonly assertion: Assertion }
  | { readonly kind: "sequence"; readonly nodes: readonly RegexNode[] }
  | { readonly kind: "either"; readonly nodes: readonly RegexNode[] }
  | { readonly kind: "group"; readonly number: number; readonly node: RegexNode }
  | {
      readonly kind: "repeat";
      readonly node: RegexNode;
      readonly least: number;
      /** Infinity: no bound. */
      readonly most: number;
    };

/** The expression cannot be read, or is too large. */
export class RegexError extends Error {}

/** RE_DUP_MAX of the GNU C library. */
const MAX_REPEAT = 32_767;
const MAX_DEPTH = 200;

export interface ParsedRegex {
  readonly node: RegexNode;
  readonly groups: number;
}

export function parseRegex(source: string, ignoreCase: boolean): ParsedRegex {
  return new Parser(source, ignoreCase).parse();
}

const ASSERTIONS: Readonly<Record<string, Assertion>> = {
  b: "boundary",
  B: "inside",
  "<": "wordStart",
  ">": "wordEnd",
  "`": "start",
  "'": "end",
};

class Parser {
  readonly #source: string;
  readonly #ignoreCase: boolean;
  #at = 0;
  #groups = 0;
  #depth = 0;

  constructor(source: string, ignoreCase: boolean) {
    this.#source = source;
    this.#ignoreCase = ignoreCase;
  }

  parse(): ParsedRegex {
    const node = this.#either();
    return { node, groups: this.#groups };
  }

  #either(): RegexNode {
    const nodes = [this.#sequence()];
    while (this.#accept("|")) nodes.push(this.#sequence());
    return nodes.length === 1 ? (nodes[0] as RegexNode) : { kind: "either", nodes };
  }

  #sequence(): RegexNode {
    const nodes: RegexNode[] = [];
    for (;;) {
      const character = this.#source[this.#at];
      if (character === undefined || character === "|") break;
      // Outside of every group a closing parenthesis stands for itself.
      if (character === ")" && this.#depth > 0) break;
      nodes.push(this.#repeated(this.#atom()));
    }
    return { kind: "sequence", nodes };
  }

  #repeated(atom: RegexNode): RegexNode {
    let node = atom;
    for (;;) {
      if (this.#accept("*")) node = repeat(node, 0, Number.POSITIVE_INFINITY);
      else if (this.#accept("+")) node = repeat(node, 1, Number.POSITIVE_INFINITY);
      else if (this.#accept("?")) node = repeat(node, 0, 1);
      else {
        const interval = /^\{([0-9]*)(,?)([0-9]*)\}/u.exec(
          this.#source.slice(this.#at, this.#at + 16),
        );
        if (this.#source[this.#at] !== "{") return node;
        if (!interval || (interval[1] === "" && interval[2] === ""))
          throw new RegexError("invalid interval");
        this.#at += interval[0].length;
        const least = Number(interval[1] || 0);
        const most = interval[3]
          ? Number(interval[3])
          : interval[2]
            ? Number.POSITIVE_INFINITY
            : least;
        if (
          least > most ||
          least > MAX_REPEAT ||
          (most > MAX_REPEAT && most !== Number.POSITIVE_INFINITY)
        )
          throw new RegexError("invalid interval");
        node = repeat(node, least, most);
      }
    }
  }

  #atom(): RegexNode {
    const character = this.#next();
    switch (character) {
      case "(":
        return this.#group();
      case "[":
        return this.#bracket();
      case ".":
        return { kind: "test", test: () => true };
      case "^":
        return { kind: "assert", assertion: "start" };
      case "$":
        return { kind: "assert", assertion: "end" };
      case "\\":
        return this.#escape();
      case "*":
      case "+":
      case "?":
      case "{":
        throw new RegexError("nothing to repeat");
      case QUOTE:
        return this.#literal(this.#next());
      default:
        return this.#literal(character);
    }
  }

  #group(): RegexNode {
    if (++this.#depth > MAX_DEPTH) throw new RegexError("too many groups inside each other");
    const number = ++this.#groups;
    const node = this.#either();
    if (!this.#accept(")")) throw new RegexError("unmatched (");
    this.#depth--;
    return { kind: "group", number, node };
  }

  #escape(): RegexNode {
    if (this.#at >= this.#source.length) throw new RegexError("trailing backslash");
    const character = this.#next();
    const assertion = ASSERTIONS[character];
    if (assertion) return { kind: "assert", assertion };
    switch (character) {
      case "w":
        return { kind: "test", test: isWordCharacter };
      case "W":
        return { kind: "test", test: (code) => !isWordCharacter(code) };
      case "s":
        return { kind: "test", test: isSpace };
      case "S":
        return { kind: "test", test: (code) => !isSpace(code) };
      default:
        if (/[1-9]/u.test(character)) throw new RegexError("back references are not supported");
        return this.#literal(character);
    }
  }

  /** In a bracket expression a backslash stands for itself; only the script's quotes quote. */
  #bracket(): RegexNode {
    let text = "[";
    let at = this.#at;
    const { length } = this.#source;
    if (this.#source[at] === "^") text += this.#source[at++];
    const first = at;
    for (; at < length && !(this.#source[at] === "]" && at > first); at++) {
      const character = this.#source[at] as string;
      const next = this.#source[at + 1] ?? "";
      if (character === "[" && /[:.=]/u.test(next)) {
        const close = this.#source.indexOf(`${next}]`, at + 2);
        if (close < 0) throw new RegexError("unmatched [");
        text += this.#source.slice(at, close + 2);
        at = close + 1;
      } else if (character === QUOTE) text += `\\${this.#source[++at] ?? ""}`;
      else
        text +=
          character === "\\" || character === "!" || character === "^"
            ? `\\${character}`
            : character;
    }
    const bracket = parseBracket(`${text}]`, 0, this.#ignoreCase);
    if (at >= length || !bracket) throw new RegexError("unmatched [");
    this.#at = at + 1;
    return { kind: "test", test: bracket.test };
  }

  #literal(character: string): RegexNode {
    const code = character.codePointAt(0) ?? 0;
    if (!this.#ignoreCase) return { kind: "test", test: (one) => one === code };
    const lower = lowerCase(code);
    return { kind: "test", test: (one) => lowerCase(one) === lower };
  }

  #next(): string {
    const character = String.fromCodePoint(this.#source.codePointAt(this.#at) ?? 0);
    this.#at += character.length;
    return character;
  }

  #accept(character: string): boolean {
    if (this.#source[this.#at] !== character) return false;
    this.#at++;
    return true;
  }
}

function repeat(node: RegexNode, least: number, most: number): RegexNode {
  return { kind: "repeat", node, least, most };
}

export function isWordCharacter(code: number): boolean {
  return code === 0x5f || /[\p{L}\p{Nd}]/u.test(String.fromCodePoint(code));
}

function isSpace(code: number): boolean {
  return (code >= 9 && code <= 13) || code === 32;
}
