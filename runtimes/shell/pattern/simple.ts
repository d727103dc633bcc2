/**
 * Whole-text matching of patterns without groups, the common case: no automaton to build, one
 * remembered star to return to. Its cost is at most text length times pattern length, so it serves
 * short patterns only. Pure; used by `pattern.ts`.
 */
import { lowerCase } from "./brackets.ts";
import type { PatternNode } from "./syntax.ts";

const MAX_NODES = 32;

export function isSimple(nodes: readonly PatternNode[]): boolean {
  return nodes.length <= MAX_NODES && nodes.every((node) => node.kind !== "group");
}

export function matchesSimple(
  nodes: readonly PatternNode[],
  text: string,
  ignoreCase: boolean,
): boolean {
  let position = 0;
  let index = 0;
  let starIndex = -1;
  let starPosition = 0;
  while (position < text.length) {
    const node = nodes[index];
    if (node?.kind === "star") {
      if (index === nodes.length - 1) return true;
      starIndex = index++;
      starPosition = position;
      continue;
    }
    const code = characterAt(text, position);
    if (node !== undefined && accepts(node, code, ignoreCase)) {
      index++;
      position += code > 0xffff ? 2 : 1;
      continue;
    }
    if (starIndex < 0) return false;
    index = starIndex + 1;
    starPosition += characterAt(text, starPosition) > 0xffff ? 2 : 1;
    position = starPosition;
  }
  while (nodes[index]?.kind === "star") index++;
  return index === nodes.length;
}

/** The code point at `position`; an escaped byte counts as one character. */
export function characterAt(text: string, position: number): number {
  const unit = text.charCodeAt(position);
  return (unit & 0xfc00) === 0xd800 ? (text.codePointAt(position) as number) : unit;
}

function accepts(node: PatternNode, code: number, ignoreCase: boolean): boolean {
  switch (node.kind) {
    case "character":
      return node.code === (ignoreCase ? lowerCase(code) : code);
    case "set":
      return node.test(code);
    default:
      return true;
  }
}
