/** Names with a subscript: `a[i+1]`, `m[key]`, in the text of a script and in values. */
import { ArithmeticError } from "../arithmetic.ts";
import { Abandon } from "../errors.ts";
import type { Shell } from "../state.ts";
import type { MaybePromise } from "../task.ts";
import { absoluteIndex, evaluateOrThrow } from "./arithmetic-values.ts";
import { compileWordText } from "./compile.ts";
import { expandTemplate, expandText } from "./expand.ts";
import { failExpansion } from "./failures.ts";
import { elementAt, isAssociative } from "./parameters.ts";

/** A parameter that is named by a text. */
export interface Reference {
  readonly name: string;
  readonly subscript: string | undefined;
}

/** `x`, `a[1]`, `1` or `@`; undefined where the text names nothing. */
export function parseReference(text: string): Reference | undefined {
  const match = /^([A-Za-z_][A-Za-z_0-9]*|[0-9]+|[@*#?$!-])(?:\[([\s\S]*)\])?$/u.exec(text);
  if (!match || match[2] === "") return undefined;
  return { name: match[1] as string, subscript: match[2] };
}

export function isName(text: string): boolean {
  return /^[A-Za-z_][A-Za-z_0-9]*$/u.test(text);
}

/** The key that a subscript, already expanded, stands for. `written` is for messages. */
export function evaluateSubscript(
  shell: Shell,
  name: string,
  text: string,
  written: string,
): string | number {
  if (isAssociative(shell, name)) return text;
  if (text.trim() === "") return failExpansion(shell, `${name}[${written}]: bad array subscript`);
  try {
    return Number(evaluateOrThrow(shell, text));
  } catch (error) {
    if (!(error instanceof ArithmeticError)) throw error;
    shell.complain(error.message);
    throw new Abandon(1, true);
  }
}

/** `name[subscript]` in a value, a `read` argument and the like: the subscript is expanded here. */
export function readElement(shell: Shell, name: string, subscript: string): string | undefined {
  const key = evaluateSubscript(shell, name, expandNow(shell, name, subscript), subscript);
  const { value, isBad } = elementAt(shell, name, key);
  if (isBad) shell.complain(`${name}: bad array subscript`);
  return value;
}

export function writeElement(shell: Shell, name: string, subscript: string, text: string): void {
  const key = evaluateSubscript(shell, name, expandNow(shell, name, subscript), subscript);
  const absolute = typeof key === "number" ? absoluteIndex(shell, name, key, subscript) : key;
  shell.variables.setElement(name, absolute, text);
}

/** The subscript in a value such as `a[$i]`, expanded; for an associative array its quotes are removed. */
export function expandSubscript(shell: Shell, name: string, text: string): MaybePromise<string> {
  if (!/["'$`\\]/u.test(text)) return text;
  if (isAssociative(shell, name)) return expandText(shell, compileWordText(text));
  return expandTemplate(shell, text, "arithmetic");
}

/** Expansion where nothing can wait: command substitution is refused. */
export function expandNow(shell: Shell, name: string, text: string): string {
  const expanded = expandSubscript(shell, name, text);
  if (typeof expanded === "string") return expanded;
  expanded.catch(() => undefined);
  return failExpansion(shell, `${text}: command substitution in a subscript of a value`);
}
