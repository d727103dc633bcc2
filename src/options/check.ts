/**
 * Checks of option values. A wrong one is answered with the value that was given, what was expected,
 * and what to do about it.
 */
import { inspect } from "#values";
import { IsopodError } from "../errors.ts";

/** Where a value stands, for messages: the function and the option's name. */
export interface Place {
  readonly where: string;
  readonly name: string;
}

export function refuse(place: Place, value: unknown, expected: string, remedy = ""): never {
  const shown = inspect(value, { depth: 1, breakLength: Number.POSITIVE_INFINITY });
  const given = shown.length > 100 ? `${shown.slice(0, 100)}...` : shown;
  const advice = remedy === "" ? "" : ` ${remedy}`;
  throw new IsopodError(
    "ERR_INVALID_OPTION",
    `${place.where}: ${place.name} must be ${expected}, but it is ${given}.${advice}`,
  );
}

/** Refuses what is no plain object and names that are not among `known`. */
export function checkOptions(where: string, options: unknown, known: readonly string[]): void {
  if (typeof options !== "object" || options === null || Array.isArray(options)) {
    refuse({ where, name: "options" }, options, "an object");
  }
  for (const name of Object.keys(options as object)) {
    if (known.includes(name)) continue;
    const near = known.find((other) => other.toLowerCase() === name.toLowerCase());
    const remedy = near ? `Did you mean ${near}?` : `It can be one of: ${known.join(", ")}.`;
    throw new IsopodError("ERR_INVALID_OPTION", `${where}: there is no option ${name}. ${remedy}`);
  }
}

export function text(place: Place, value: unknown, remedy = ""): string {
  if (typeof value !== "string" || value === "") refuse(place, value, "a non-empty string", remedy);
  if (value.includes("\0")) refuse(place, value, "a string without NUL characters", remedy);
  return value;
}

export function absolutePath(place: Place, value: unknown): string {
  const path = text(place, value);
  if (!path.startsWith("/")) {
    refuse(place, value, "an absolute path", "Begin it with a slash.");
  }
  return path;
}

export function flag(place: Place, value: unknown): boolean {
  if (typeof value !== "boolean") refuse(place, value, "true or false");
  return value;
}

export function integer(
  place: Place,
  value: unknown,
  range: { min: number; max: number },
  remedy = "",
): number {
  const { min, max } = range;
  if (typeof value === "number" && Number.isInteger(value) && value >= min && value <= max) {
    return value;
  }
  const upper = max === Number.MAX_SAFE_INTEGER ? "" : ` and at most ${max}`;
  return refuse(place, value, `a whole number of at least ${min}${upper}`, remedy);
}

export function oneOf<T extends string>(place: Place, value: unknown, allowed: readonly T[]): T {
  if (allowed.includes(value as T)) return value as T;
  return refuse(place, value, `one of ${allowed.map((name) => JSON.stringify(name)).join(", ")}`);
}

/** Names and values of an environment; `undefined` values only where `mayUnset`. */
export function environment<T extends boolean>(
  place: Place,
  value: unknown,
  mayUnset: T,
): Record<string, T extends true ? string | undefined : string> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    refuse(place, value, "an object of strings", 'Write it as { NAME: "value" }.');
  }
  for (const [name, content] of Object.entries(value)) {
    const entry = { ...place, name: `${place.name}.${name}` };
    if (name === "" || name.includes("=") || name.includes("\0")) {
      refuse(place, value, `an object of strings whose names hold no "=", unlike ${name}`);
    }
    if (content === undefined && mayUnset) continue;
    if (typeof content !== "string" || content.includes("\0")) {
      refuse(entry, content, "a string without NUL characters", "Turn it into text first.");
    }
  }
  return { ...value } as never;
}

export function abortSignal(place: Place, value: unknown): AbortSignal {
  if (value instanceof AbortSignal) return value;
  return refuse(place, value, "an AbortSignal", "Pass the `signal` of an AbortController.");
}
