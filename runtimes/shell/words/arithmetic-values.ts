/** Arithmetic over a shell's variables. */
import {
  ArithmeticError,
  type ArithmeticVariables,
  evaluateArithmetic,
  type Integer,
} from "../arithmetic.ts";
import type { Shell } from "../state.ts";
import { failExpansion, failUnbound } from "./failures.ts";
import { elementAt, isAssociative } from "./parameters.ts";
import { expandNow } from "./subscripts.ts";

/** The value of `expression`, which is expanded already. An error is printed and gives the line up. */
export function evaluate(shell: Shell, expression: string): Integer {
  try {
    return evaluateArithmetic(expression, new ShellArithmetic(shell));
  } catch (error) {
    if (error instanceof ArithmeticError) failExpansion(shell, error.message);
    throw error;
  }
}

/** As `evaluate`, throwing ArithmeticError: for who words errors otherwise. */
export function evaluateOrThrow(shell: Shell, expression: string): Integer {
  return evaluateArithmetic(expression, new ShellArithmetic(shell));
}

class ShellArithmetic implements ArithmeticVariables {
  readonly #shell: Shell;

  constructor(shell: Shell) {
    this.#shell = shell;
  }

  read(name: string): string | undefined {
    const value = this.#shell.variables.get(name);
    if (value === undefined && this.#shell.options.nounset) failUnbound(this.#shell, name);
    return value;
  }

  write(name: string, value: string): void {
    this.#shell.variables.set(name, value);
  }

  isAssociative(name: string): boolean {
    return isAssociative(this.#shell, name);
  }

  readElement(name: string, written: Integer | string): string | undefined {
    const key = typeof written === "string" ? expandNow(this.#shell, name, written) : written;
    const { value, isBad } = elementAt(this.#shell, name, toKey(key));
    if (isBad) this.#shell.complain(`${name}: bad array subscript`);
    if (value === undefined && this.#shell.options.nounset)
      failUnbound(this.#shell, `${name}[${key}]`);
    return value;
  }

  writeElement(name: string, key: Integer | string, value: string): void {
    this.#shell.variables.setElement(name, this.#absolute(name, key), value);
  }

  #absolute(name: string, key: Integer | string): string | number {
    const plain = typeof key === "string" ? expandNow(this.#shell, name, key) : Number(key);
    if (typeof plain === "string" || plain >= 0) return plain;
    return absoluteIndex(this.#shell, name, plain, String(key));
  }
}

/** The index that a negative one means; before the first element is an error. */
export function absoluteIndex(shell: Shell, name: string, index: number, written: string): number {
  if (index >= 0) return index;
  const array = shell.variables.value(name);
  const last =
    typeof array === "object" && "last" in array ? array.last : array === undefined ? -1 : 0;
  const at = last + 1 + index;
  if (at < 0) failExpansion(shell, `${name}[${written}]: bad array subscript`);
  return at;
}

function toKey(key: Integer | string): string | number {
  return typeof key === "string" ? key : Number(key);
}
