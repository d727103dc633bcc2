/**
 * Shell pattern matching: the one matcher behind `case`, `[[ == ]]`, `${x#p}`, `${x/p/r}` and file
 * name expansion. Pure: text in, answers out. A pattern is compiled once and kept in a small cache.
 *
 * Texts carry bytes that are not UTF-8 as U+DC80..U+DCFF; each of them is one character.
 *
 * @see https://pubs.opengroup.org/onlinepubs/9799919799/utilities/V3_chap02.html#tag_19_14
 * @see https://www.gnu.org/software/bash/manual/html_node/Pattern-Matching.html
 */
import { Automaton, LARGE_AUTOMATON, type Term } from "./pattern/automaton.ts";
import { characterAt, isSimple, matchesSimple } from "./pattern/simple.ts";
import {
  hasPatternCharacters,
  type PatternNode,
  type PatternSyntax,
  parsePattern,
  removePatternQuoting,
} from "./pattern/syntax.ts";

export { PatternTooComplex } from "./pattern/automaton.ts";
export { hasPatternCharacters, removePatternQuoting };

const DEFAULT_SYNTAX: PatternSyntax = { extglob: true, ignoreCase: false };
const CACHE_SIZE = 256;

const cache = new Map<string, Pattern>();

/** The compiled form of `source`, in which a backslash quotes the next character. */
export function compilePattern(source: string, syntax: PatternSyntax = DEFAULT_SYNTAX): Pattern {
  const key = `${syntax.extglob ? "x" : "-"}${syntax.ignoreCase ? "i" : "-"}${source}`;
  const known = cache.get(key);
  if (known !== undefined && !known.isLarge) return known;
  const pattern = new Pattern(source, syntax);
  cache.delete(key);
  cache.set(key, pattern);
  if (cache.size > CACHE_SIZE) cache.delete(cache.keys().next().value as string);
  return pattern;
}

/** A compiled pattern. Every method may throw `PatternTooComplex`. */
export class Pattern {
  /** The only text that matches, when the pattern has no special characters. */
  readonly literal: string | undefined;
  readonly #syntax: PatternSyntax;
  readonly #nodes: readonly PatternNode[];
  readonly #simple: boolean;
  #forward: Automaton | undefined;
  #backward: Automaton | undefined;

  constructor(source: string, syntax: PatternSyntax) {
    this.#syntax = syntax;
    const special = hasPatternCharacters(source, syntax.extglob);
    this.literal = special || syntax.ignoreCase ? undefined : removePatternQuoting(source);
    this.#nodes = this.literal === undefined ? parsePattern(source, syntax) : [];
    this.#simple = isSimple(this.#nodes);
  }

  get isLarge(): boolean {
    return (this.#forward?.size ?? 0) + (this.#backward?.size ?? 0) > LARGE_AUTOMATON;
  }

  /** The pattern is `*`, which matches whatever the text is. */
  get isStar(): boolean {
    return this.#nodes.length === 1 && this.#nodes[0]?.kind === "star";
  }

  /** The whole text matches. */
  matches(text: string): boolean {
    if (this.literal !== undefined) return this.literal === text;
    if (this.#simple) return matchesSimple(this.#nodes, text, this.#syntax.ignoreCase);
    return this.#accepts(text, false);
  }

  /** The whole file name matches, where a leading `.` must stand literally in the pattern. */
  matchesVisible(name: string): boolean {
    if (this.literal !== undefined) return this.literal === name;
    return this.#accepts(name, name.startsWith("."));
  }

  /** End of the shortest match that begins the text, or -1. */
  shortestPrefix(text: string): number {
    if (this.literal !== undefined) return this.#literalFrom(text, 0);
    return this.#scan(this.#automaton(), text, 0, true);
  }

  /** End of the longest match that begins the text, or -1. */
  longestPrefix(text: string): number {
    if (this.literal !== undefined) return this.#literalFrom(text, 0);
    return this.#scan(this.#automaton(), text, 0, false);
  }

  /** Start of the shortest match that ends with the text, or -1. */
  shortestSuffix(text: string): number {
    return this.#suffix(text, true);
  }

  /** Start of the longest match that ends with the text, or -1. */
  longestSuffix(text: string): number {
    return this.#suffix(text, false);
  }

  /**
   * Calls `visit` with start and end of each match, leftmost and longest first, not overlapping,
   * until it returns false. No match begins at the very end of the text.
   */
  eachMatch(text: string, visit: (start: number, end: number) => boolean): void {
    const automaton = this.literal === undefined ? this.#automaton() : undefined;
    let position = 0;
    while (position < text.length) {
      if (automaton === undefined) {
        position = text.indexOf(this.literal as string, position);
        if (position < 0) return;
      }
      const end =
        automaton === undefined
          ? position + (this.literal as string).length
          : this.#scan(automaton, text, position, false);
      if (end >= 0 && !visit(position, end)) return;
      position = end > position ? end : position + (characterAt(text, position) > 0xffff ? 2 : 1);
    }
  }

  #literalFrom(text: string, start: number): number {
    const literal = this.literal as string;
    return text.startsWith(literal, start) ? start + literal.length : -1;
  }

  #accepts(text: string, hidden: boolean): boolean {
    const automaton = this.#automaton();
    let state = automaton.start;
    let position = 0;
    if (hidden) {
      state = automaton.stepExplicit(state, text.charCodeAt(0));
      position = 1;
    }
    while (position < text.length) {
      if (state === automaton.nothing) return false;
      if (state === automaton.everything) return true;
      const code = characterAt(text, position);
      state = automaton.step(state, code);
      position += code > 0xffff ? 2 : 1;
    }
    return state.nullable;
  }

  #scan(automaton: Automaton, text: string, start: number, shortest: boolean): number {
    let state: Term = automaton.start;
    let found = state.nullable ? start : -1;
    if (shortest && found >= 0) return found;
    let position = start;
    while (position < text.length) {
      if (!shortest && state === automaton.everything) return text.length;
      const code = characterAt(text, position);
      state = automaton.step(state, code);
      if (state === automaton.nothing) return found;
      position += code > 0xffff ? 2 : 1;
      if (!state.nullable) continue;
      found = position;
      if (shortest) return found;
    }
    return found;
  }

  #suffix(text: string, shortest: boolean): number {
    if (this.literal !== undefined) {
      return text.endsWith(this.literal) ? text.length - this.literal.length : -1;
    }
    this.#backward ??= new Automaton(this.#nodes, this.#syntax.ignoreCase, true);
    const automaton = this.#backward;
    automaton.reset();
    let state: Term = automaton.start;
    let found = state.nullable ? text.length : -1;
    if (shortest && found >= 0) return found;
    let position = text.length;
    while (position > 0) {
      if (!shortest && state === automaton.everything) return 0;
      const code = characterBefore(text, position);
      state = automaton.step(state, code);
      if (state === automaton.nothing) return found;
      position -= code > 0xffff ? 2 : 1;
      if (!state.nullable) continue;
      found = position;
      if (shortest) return found;
    }
    return found;
  }

  #automaton(): Automaton {
    this.#forward ??= new Automaton(this.#nodes, this.#syntax.ignoreCase, false);
    this.#forward.reset();
    return this.#forward;
  }
}

function characterBefore(text: string, position: number): number {
  const unit = text.charCodeAt(position - 1);
  if ((unit & 0xfc00) !== 0xdc00 || position < 2) return unit;
  const code = text.codePointAt(position - 2) as number;
  return code > 0xffff ? code : unit;
}
