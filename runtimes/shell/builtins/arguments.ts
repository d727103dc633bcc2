/**
 * How builtins read their arguments: options in bash's own way, numbers, names; and the errors that
 * bash prints for what they refuse.
 */
import { ShellError } from "../errors.ts";
import { parseDecimal } from "../numbers.ts";
import type { Shell } from "../state.ts";

/** Status of a builtin that was called in a wrong way. */
export const USAGE = 2;

export interface Option {
  readonly letter: string;
  /** The option's argument; "" where it takes none. */
  readonly value: string;
  /** `-` or, where the specification allows it, `+`. */
  readonly sign: "-" | "+";
}

export class Options {
  readonly list: readonly Option[];
  readonly operands: readonly string[];

  constructor(list: readonly Option[], operands: readonly string[]) {
    this.list = list;
    this.operands = operands;
  }

  has(letter: string): boolean {
    return this.list.some((option) => option.letter === letter);
  }

  /** The argument of the option where it was given last. */
  value(letter: string): string | undefined {
    return this.list.findLast((option) => option.letter === letter)?.value;
  }

  /** Which of these letters was given last. */
  last(letters: string): string | undefined {
    return this.list.findLast((option) => letters.includes(option.letter))?.letter;
  }
}

/**
 * Takes options from the front of `args`. In `letters` a `:` stands behind one that takes an
 * argument; a `+` at the start lets options begin with a plus. `--` ends them.
 */
export function parseOptions(shell: Shell, args: readonly string[], letters: string): Options {
  const allowsPlus = letters.startsWith("+");
  const list: Option[] = [];
  let index = 0;
  for (; index < args.length; index++) {
    const arg = args[index] as string;
    const sign = arg[0];
    if ((sign !== "-" && !(sign === "+" && allowsPlus)) || arg.length === 1) break;
    if (arg === "--") {
      index++;
      break;
    }
    for (let at = 1; at < arg.length; at++) {
      const letter = arg[at] as string;
      const place = letter === ":" ? -1 : letters.indexOf(letter);
      if (place < 0 || letter === "+") throw usageError(shell, `${sign}${letter}: invalid option`);
      if (letters[place + 1] !== ":") {
        list.push({ letter, value: "", sign });
        continue;
      }
      const rest = arg.slice(at + 1);
      const value = rest === "" ? args[++index] : rest;
      if (value === undefined) {
        throw usageError(shell, `-${letter}: option requires an argument`);
      }
      list.push({ letter, value, sign });
      break;
    }
  }
  return new Options(list, args.slice(index));
}

/** An error whose message is followed by how the builtin is used. */
export function usageError(shell: Shell, message: string): ShellError {
  return new ShellError(`${message}\n${usageLine(shell)}`, USAGE);
}

/** Prints only how the builtin is used, and is its status. */
export function printUsage(shell: Shell): number {
  shell.output.warn(`${usageLine(shell)}\n`);
  return USAGE;
}

function usageLine(shell: Shell): string {
  const name = shell.runningBuiltin ?? "";
  return `${name}: usage: ${name} ${shell.builtins.get(name)?.synopsis ?? ""}`.trimEnd();
}

export function isName(text: string): boolean {
  return /^[A-Za-z_][A-Za-z0-9_]*$/u.test(text);
}

/** A number as `shift`, `history` and their like take it; throws for what is none. */
export function requireNumber(text: string): number {
  const value = parseDecimal(text);
  if (value === undefined) throw new ShellError(`${text}: numeric argument required`);
  return Number(value);
}

/** A name, or an element of an array: `x`, `a[i]`. Undefined: neither. */
export function parseTarget(
  text: string,
): { readonly name: string; readonly subscript: string | undefined } | undefined {
  const match = /^([A-Za-z_][A-Za-z0-9_]*)(?:\[([\s\S]+)\])?$/u.exec(text);
  return match === null ? undefined : { name: match[1] as string, subscript: match[2] };
}

/** Assigns to what `text` names; false, after a message, where that is no name. */
export function assignTo(shell: Shell, text: string, value: string): boolean {
  const target = parseTarget(text);
  if (target === undefined) {
    shell.complain(`\`${text}': not a valid identifier`);
    return false;
  }
  if (target.subscript === undefined) shell.variables.set(target.name, value);
  else shell.writeElement(target.name, target.subscript, value);
  return true;
}
