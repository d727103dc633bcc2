/** The three expressions of `for ((a; b; c))` as written: they are expanded before they are evaluated. */
import type { ArithmeticFor } from "unbash";
import { skipQuoted } from "../scan.ts";

const known = new WeakMap<ArithmeticFor, readonly [string, string, string]>();

export function headerOf(text: string, node: ArithmeticFor): readonly [string, string, string] {
  let header = known.get(node);
  if (!header) {
    header = readHeader(text, text.indexOf("((", node.pos) + 2);
    known.set(node, header);
  }
  return header;
}

function readHeader(text: string, start: number): readonly [string, string, string] {
  const parts: string[] = [];
  let depth = 0;
  let from = start;
  let at = start;
  while (at < text.length && parts.length < 2) {
    const character = text[at];
    if (character === "(") depth++;
    else if (character === ")") depth--;
    else if (character === ";" && depth === 0) {
      parts.push(text.slice(from, at));
      from = at + 1;
    }
    at = Math.max(skipQuoted(text, at), at + 1);
  }
  for (depth = 0; at < text.length; at = Math.max(skipQuoted(text, at), at + 1)) {
    if (text[at] === "(") depth++;
    else if (text[at] === ")" && depth-- === 0) break;
  }
  const [first = "", second = ""] = parts;
  return [first, second, text.slice(from, at)];
}
