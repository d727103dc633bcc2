/** Options objects: each is read once, in Node's order, and refused by name where its type is another. */
import { invalidType } from "./errors.ts";

export type Options = Readonly<Record<string, unknown>>;

export function optionsOf(value: unknown): Options {
  if (isObject(value)) return value as Options;
  throw invalidType('The "options" argument must be an object.');
}

export function isObject(value: unknown): value is object {
  return (typeof value === "object" && value !== null) || typeof value === "function";
}

export function booleanOption(options: Options, name: string): boolean | undefined {
  const value = options[name];
  if (value === undefined || typeof value === "boolean") return value;
  throw invalidType(`The "options.${name}" argument must be a boolean.`);
}

export function integerOption(options: Options, name: string): number | undefined {
  const value = options[name];
  if (value === undefined || isInteger(value)) return value;
  throw invalidType(`The "options.${name}" argument must be an integer.`);
}

export function stringOption(options: Options, name: string): string | undefined {
  const value = options[name];
  if (value === undefined || typeof value === "string") return value;
  throw invalidType(`The "options.${name}" argument must be a string.`);
}

export function functionOption<F extends (...args: never[]) => unknown>(
  options: Options,
  name: string,
): F | undefined {
  const value = options[name];
  if (value === undefined || typeof value === "function") return value as F | undefined;
  throw invalidType(`The "options.${name}" argument must be a function.`);
}

/** As V8's IsInt32 has it. */
export function isInteger(value: unknown): value is number {
  return typeof value === "number" && (value | 0) === value && !Object.is(value, -0);
}
