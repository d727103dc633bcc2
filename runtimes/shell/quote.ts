/**
 * Writing a value so that the shell reads it back: `printf %q`, `${x@Q}`, `declare -p`, `set`,
 * `trap -p`, `alias`. Pure. Which style stands where is bash's choice.
 *
 * @see https://www.gnu.org/software/bash/manual/html_node/Quoting.html
 */
import { encodeUtf8 } from "../../kernel/bytes.ts";

/** `'it'\''s'`, whatever the text is: `alias`, `trap -p`. */
export function quoteSingle(text: string): string {
  if (text === "'") return "\\'";
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** `$'a\nb'` where something cannot be printed, else `'...'`: `${x@Q}`. */
export function quoteReusable(text: string): string {
  return isPrintable(text) ? quoteSingle(text) : quoteAnsiC(text);
}

/** Backslashes only where they are needed: `printf %q`, completion. */
export function quoteBackslash(text: string): string {
  if (text === "") return "''";
  if (!isPrintable(text)) return quoteAnsiC(text);
  return text.replace(/[ '"\\|&;()<>!{}*[\]?^$`,]|^#|(?:^|(?<=[:=]))~/gu, "\\$&");
}

/** `"a\$b"`: values in `declare -p`. */
export function quoteDouble(text: string): string {
  return isPrintable(text) ? `"${text.replace(/["\\$`]/gu, "\\$&")}"` : quoteAnsiC(text);
}

/** Bare where that is safe: `set`, and keys of associative arrays (with `style` double). */
export function quoteWhenNeeded(text: string, style: "single" | "double" = "single"): string {
  if (!isPrintable(text)) return quoteAnsiC(text);
  const metas = /[ '"\\|&;()<>!{}*[\]?^$`]|^#|(?:^|(?<=[:=]))~/u;
  const isSafe = !metas.test(text) && !(style === "double" && (text === "@" || text === ""));
  if (isSafe) return text;
  return style === "single" ? quoteSingle(text) : quoteDouble(text);
}

/** `$'...'` whatever the text is. */
export function quoteAnsiC(text: string): string {
  return `$'${text.replace(UNPRINTABLE_OR_SPECIAL, escapeCharacter)}'`;
}

function isPrintable(text: string): boolean {
  return !UNPRINTABLE.test(text);
}

/** Controls, escaped bytes, what Unicode has not assigned, and the two separators. */
const UNPRINTABLE = /[\p{Cc}\p{Cs}\p{Cn}\p{Zl}\p{Zp}]/u;
const UNPRINTABLE_OR_SPECIAL = /['\\\p{Cc}\p{Cs}\p{Cn}\p{Zl}\p{Zp}]/gu;

const NAMED: Readonly<Record<string, string>> = {
  "\x07": "\\a",
  "\b": "\\b",
  "\t": "\\t",
  "\n": "\\n",
  "\v": "\\v",
  "\f": "\\f",
  "\r": "\\r",
  "\x1b": "\\E",
  "'": "\\'",
  "\\": "\\\\",
};

function escapeCharacter(character: string): string {
  const named = NAMED[character];
  if (named !== undefined) return named;
  return [...encodeUtf8(character)]
    .map((byte) => `\\${byte.toString(8).padStart(3, "0")}`)
    .join("");
}
