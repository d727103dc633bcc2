/**
 * Text that is expanded as if it stood between double quotes, though it does not: here-documents,
 * arithmetic, prompts. Compiled once per text.
 */
import { skipQuoted } from "../scan.ts";
import { compileQuoted } from "./compile.ts";
import type { Piece } from "./pieces.ts";

/** Where a double quote stands for itself (documents, prompts), and where it is dropped. */
export type TemplateKind = "document" | "arithmetic";

const CACHE_SIZE = 512;
const MAX_CACHED_LENGTH = 4096;
const cache = new Map<string, readonly Piece[]>();

export function compileTemplate(text: string, kind: TemplateKind): readonly Piece[] {
  if (!/["$`\\]/u.test(text)) return [{ kind: "text", text, quoted: true }];
  const key = kind + text;
  const known = cache.get(key);
  if (known) return known;
  const pieces = compileQuoted(`"${guardQuotes(text, kind === "document" ? '\\"' : "")}"`);
  if (text.length <= MAX_CACHED_LENGTH) {
    if (cache.size >= CACHE_SIZE) cache.clear();
    cache.set(key, pieces);
  }
  return pieces;
}

/** Puts `quote` for each double quote outside of substitutions; before it a backslash is itself. */
function guardQuotes(text: string, quote: string): string {
  if (!text.includes('"') && !text.endsWith("\\")) return text;
  let result = "";
  for (let at = 0; at < text.length; ) {
    const character = text[at] as string;
    if (character === '"') {
      result += quote;
      at++;
    } else if (character === "\\") {
      const next = text[at + 1];
      result += next === undefined || next === '"' ? "\\\\" : character + next;
      at += next === '"' ? 1 : 2;
    } else if (character === "$" || character === "`") {
      const end = text[at + 1] === "'" ? at + 1 : Math.max(skipQuoted(text, at), at + 1);
      const part = text.slice(at, end);
      // Between quotes, backquotes would take this backslash away.
      const keepsBackslash = character === "`" && quote !== "";
      result += keepsBackslash ? part.replace(/\\[\\"]/gu, escapeTwice) : part;
      at = end;
    } else {
      result += character;
      at++;
    }
  }
  return result;
}

function escapeTwice(pair: string): string {
  return pair === '\\"' ? '\\\\\\"' : pair;
}
