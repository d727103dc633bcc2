/**
 * `${x/p/r}` and its siblings, and prefix and suffix removal, on one string. Pure.
 *
 * @see https://www.gnu.org/software/bash/manual/html_node/Shell-Parameter-Expansion.html
 */
import type { Pattern } from "../pattern.ts";

export type SubstituteOperator = "/" | "//" | "/#" | "/%";
export type RemoveOperator = "#" | "##" | "%" | "%%";

/** Makes the text that takes the place of `match`. */
export type Replacement = (match: string) => string;

export function removePattern(text: string, operator: RemoveOperator, pattern: Pattern): string {
  if (operator === "#" || operator === "##") {
    const end = operator === "#" ? pattern.shortestPrefix(text) : pattern.longestPrefix(text);
    return end > 0 ? text.slice(end) : text;
  }
  const start = operator === "%" ? pattern.shortestSuffix(text) : pattern.longestSuffix(text);
  return start >= 0 ? text.slice(0, start) : text;
}

export function substitutePattern(
  text: string,
  operator: SubstituteOperator,
  pattern: Pattern,
  replacement: Replacement,
): string {
  if (text === "" && operator !== "/%") return replacesEmpty(pattern) ? replacement("") : "";
  if (operator === "/#") {
    const end = pattern.longestPrefix(text);
    return end < 0 ? text : replacement(text.slice(0, end)) + text.slice(end);
  }
  if (operator === "/%") {
    const start = pattern.longestSuffix(text);
    return start < 0 ? text : text.slice(0, start) + replacement(text.slice(start));
  }
  if (pattern.literal === "") return text;

  let result = "";
  let copied = 0;
  pattern.eachMatch(text, (start, end) => {
    result += text.slice(copied, start) + replacement(text.slice(start, end));
    copied = end;
    return operator === "//";
  });
  return result + text.slice(copied);
}

/** bash replaces the empty value only for `*` and `${x/#/r}`, not for each pattern that matches it. */
function replacesEmpty(pattern: Pattern): boolean {
  return pattern.literal === "" || pattern.isStar;
}

/**
 * Compiles the replacement string of `${x/p/r}` under `shopt -s patsub_replacement`: an unquoted
 * `&` is the match, a backslash quotes `&` and itself.
 */
export function compileReplacement(source: string): Replacement {
  if (!source.includes("&") && !source.includes("\\")) return () => source;
  const pieces = source.split(/(\\[\\&]|&)/u);
  return (match) =>
    pieces
      .map((piece) => {
        if (piece === "&") return match;
        return piece === "\\&" || piece === "\\\\" ? piece.slice(1) : piece;
      })
      .join("");
}
