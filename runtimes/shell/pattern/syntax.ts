/**
 * Parser of shell patterns (`*.[ch]`, `@(a|b)*`) into a small tree.
 * Pure; `pattern.ts` turns the tree into an automaton. A backslash quotes the next character:
 * whoever builds a pattern from a word puts one before each quoted character.
 *
 * @see https://www.gnu.org/software/bash/manual/html_node/Pattern-Matching.html
 */
import { type CharacterTest, lowerCase, parseBracket } from "./brackets.ts";

export interface PatternSyntax {
  /** `?(..) *(..) +(..) @(..) !(..)` have their extended meaning. */
  readonly extglob: boolean;
  readonly ignoreCase: boolean;
}

export type GroupOperator = "?" | "*" | "+" | "@" | "!";

export type PatternNode =
  | { readonly kind: "character"; readonly code: number }
  | { readonly kind: "any" }
  | { readonly kind: "star" }
  | { readonly kind: "set"; readonly test: CharacterTest }
  | {
      readonly kind: "group";
      readonly operator: GroupOperator;
      readonly alternatives: readonly (readonly PatternNode[])[];
    };

/** Deeper groups are read as literal text; bash would overflow its stack somewhere beyond. */
const MAX_GROUP_DEPTH = 200;

export function parsePattern(source: string, syntax: PatternSyntax): PatternNode[] {
  return parseSequence(source, syntax, 0);
}

/** True when matching `source` needs more than comparing characters. */
export function hasPatternCharacters(source: string, extglob: boolean): boolean {
  let openBracket = false;
  for (let position = 0; position < source.length; position++) {
    switch (source[position]) {
      case "\\":
        position++;
        break;
      case "*":
      case "?":
        return true;
      case "[":
        openBracket = true;
        break;
      case "]":
        if (openBracket) return true;
        break;
      case "+":
      case "@":
      case "!":
        if (extglob && source[position + 1] === "(") return true;
        break;
    }
  }
  return false;
}

/** The text that a pattern without special characters stands for: quoting backslashes removed. */
export function removePatternQuoting(source: string): string {
  if (!source.includes("\\")) return source;
  return source.replace(/\\(.?)/gsu, (_, character: string) => character || "\\");
}

function parseSequence(source: string, syntax: PatternSyntax, depth: number): PatternNode[] {
  const nodes: PatternNode[] = [];
  let position = 0;
  while (position < source.length) {
    const character = source[position] as string;
    const group = readGroup(source, position, syntax, depth);
    if (group !== undefined) {
      nodes.push(group.node);
      position = group.end;
      continue;
    }
    if (character === "*") {
      if (nodes.at(-1)?.kind !== "star") nodes.push({ kind: "star" });
      position++;
      continue;
    }
    if (character === "?") {
      nodes.push({ kind: "any" });
      position++;
      continue;
    }
    if (character === "[") {
      const bracket = parseBracket(source, position, syntax.ignoreCase);
      if (bracket !== undefined) {
        nodes.push({ kind: "set", test: bracket.test });
        position = bracket.end;
        continue;
      }
    }
    if (character === "\\" && position + 1 < source.length) position++;
    const code = source.codePointAt(position) as number;
    nodes.push({ kind: "character", code: syntax.ignoreCase ? lowerCase(code) : code });
    position += code > 0xffff ? 2 : 1;
  }
  return nodes;
}

function readGroup(
  source: string,
  position: number,
  syntax: PatternSyntax,
  depth: number,
): { node: PatternNode; end: number } | undefined {
  if (!syntax.extglob || source[position + 1] !== "(" || depth >= MAX_GROUP_DEPTH) return undefined;
  const operator = source[position] as string;
  if (!isGroupOperator(operator)) return undefined;
  const pieces = splitGroup(source, position + 2);
  if (pieces === undefined) return undefined;
  const alternatives = pieces.alternatives.map((text) => parseSequence(text, syntax, depth + 1));
  return { node: { kind: "group", operator, alternatives }, end: pieces.end };
}

function isGroupOperator(text: string): text is GroupOperator {
  return text === "?" || text === "*" || text === "+" || text === "@" || text === "!";
}

/** Splits `a|b(c|d))...` at the bars of its own level; undefined when no `)` closes it. */
function splitGroup(
  source: string,
  start: number,
): { alternatives: string[]; end: number } | undefined {
  const alternatives: string[] = [];
  let pieceStart = start;
  let depth = 0;
  for (let position = start; position < source.length; position++) {
    switch (source[position]) {
      case "\\":
        position++;
        break;
      case "[": {
        const bracket = parseBracket(source, position, false);
        // As in bash, a bracket left open hides every `)` after it.
        if (bracket === undefined) return undefined;
        position = bracket.end - 1;
        break;
      }
      case "(":
        depth++;
        break;
      case "|":
        if (depth > 0) break;
        alternatives.push(source.slice(pieceStart, position));
        pieceStart = position + 1;
        break;
      case ")":
        if (depth-- > 0) break;
        alternatives.push(source.slice(pieceStart, position));
        return { alternatives, end: position + 1 };
    }
  }
  return undefined;
}
