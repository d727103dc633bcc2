/**
 * The C locale, where each byte is a character: in it, what is not ASCII is worked on as escaped bytes,
 * which are characters of their own everywhere in the shell.
 */
import { decodeUtf8, encodeUtf8 } from "../../kernel/bytes.ts";
import type { Shell } from "./state.ts";

/** The variables that decide about characters, the strongest first (POSIX, locale). */
export const LOCALE_VARIABLES = ["LC_ALL", "LC_CTYPE", "LANG"] as const;

export function isByteLocale(shell: Shell): boolean {
  shell.hasByteLocale ??= findLocale(shell);
  return shell.hasByteLocale;
}

function findLocale({ variables }: Shell): boolean {
  for (const name of LOCALE_VARIABLES) {
    const value = variables.get(name);
    if (value) return value === "C" || value === "POSIX";
  }
  return true;
}

/** `text` with its characters as the locale has them. */
export function inLocale(shell: Shell, text: string): string {
  return isAscii(text) || !isByteLocale(shell) ? text : toBytes(text);
}

/** What came of a text in its locale, as everything else has it. */
export function fromLocale(shell: Shell, text: string): string {
  return isAscii(text) || !isByteLocale(shell) ? text : decodeUtf8(encodeUtf8(text));
}

function isAscii(text: string): boolean {
  return /^[\x00-\x7f]*$/.test(text);
}

function toBytes(text: string): string {
  let result = "";
  for (const byte of encodeUtf8(text))
    result += String.fromCharCode(byte < 0x80 ? byte : 0xdc00 + byte);
  return result;
}
