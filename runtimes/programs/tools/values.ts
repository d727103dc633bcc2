/** One argument's text as the JSON value that its schema asks for. */
import type { Shape } from "./shape.ts";

/** Why a text is no such value; what it should be instead. */
export class WrongValue {
  readonly expected: string;

  constructor(expected: string) {
    this.expected = expected;
  }
}

const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

/** Throws WrongValue. */
export function parseValue(text: string, shape: Shape): unknown {
  const { types, choices } = shape;
  if (choices) return chosen(text, choices, types);
  const isOpen = types.size === 0;
  if (types.has("boolean") && (text === "true" || text === "false")) return text === "true";
  if (types.has("number") || types.has("integer") || isOpen) {
    const number = numberOf(text);
    if (number !== undefined && (types.has("number") || isOpen || Number.isInteger(number))) {
      if (isExact(text, number)) return number;
      if (!types.has("string") && !isOpen)
        throw new WrongValue("a number that JavaScript can hold");
    }
  }
  if (types.has("null") && text === "null") return null;
  if (isOpen || types.has("object") || types.has("array")) {
    const found = structured(text, types);
    if (found !== undefined) return found;
  }
  if (isOpen || types.has("string")) return text;
  throw new WrongValue(describeShape(shape));
}

/** In words: `text`, `a whole number`, `one of "a", "b"`. */
export function describeShape({ types, choices }: Shape): string {
  if (choices) return `one of ${choices.map((value) => JSON.stringify(value)).join(", ")}`;
  if (types.size === 0) return "text or JSON";
  return [...types].map((type) => WORDS[type] ?? type).join(" or ");
}

const WORDS: Readonly<Record<string, string>> = {
  string: "text",
  number: "a number",
  integer: "a whole number",
  boolean: "true or false",
  null: "null",
  array: "a JSON array",
  object: "a JSON object",
};

function chosen(text: string, choices: readonly unknown[], types: ReadonlySet<string>): unknown {
  const found = choices.find((value) =>
    typeof value === "string" ? value === text : JSON.stringify(value) === text,
  );
  if (found === undefined) throw new WrongValue(describeShape({ types, choices } as Shape));
  return found;
}

function numberOf(text: string): number | undefined {
  if (!NUMBER.test(text)) return undefined;
  const number = Number(text);
  return Number.isFinite(number) ? number : undefined;
}

/** A whole number that is too large to be told from its neighbours is none that was meant. */
function isExact(text: string, number: number): boolean {
  return !/^-?\d+$/.test(text) || Number.isSafeInteger(number);
}

function structured(text: string, types: ReadonlySet<string>): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (types.size === 0) return value;
  if (typeof value !== "object" || value === null) return undefined;
  return types.has(Array.isArray(value) ? "array" : "object") ? value : undefined;
}
