/** Variables as `declare -p` and `${x@A}` write them. */
import { AssociativeArray } from "./arrays.ts";
import { quoteDouble, quoteWhenNeeded } from "./quote.ts";
import type { Shell } from "./state.ts";
import { Attribute, type Variable } from "./variable.ts";

const LETTERS = [
  [Attribute.INDEXED, "a"],
  [Attribute.ASSOCIATIVE, "A"],
  [Attribute.INTEGER, "i"],
  [Attribute.NAMEREF, "n"],
  [Attribute.READONLY, "r"],
  [Attribute.TRACE, "t"],
  [Attribute.EXPORT, "x"],
  [Attribute.CAPITALIZE, "c"],
  [Attribute.LOWER, "l"],
  [Attribute.UPPER, "u"],
] as const;

/** The letters of its attributes as `declare` takes them. */
export function attributeLetters(variable: Variable): string {
  return LETTERS.map(([attribute, letter]) => (variable.has(attribute) ? letter : "")).join("");
}

/** `declare -a x=([0]="1")`. */
export function declarationText(shell: Shell, variable: Variable): string {
  const letters = attributeLetters(variable);
  const start = `declare -${letters === "" ? "-" : letters} ${variable.name}`;
  const value = variable.dynamic ? variable.dynamic.read(shell) : variable.value;
  if (value === undefined) return start;
  if (typeof value === "string") return `${start}=${quoteDouble(value)}`;
  return `${start}=${arrayText(value.entries(), value instanceof AssociativeArray)}`;
}

/** `([0]="1" [1]="2")`, as an assignment takes it. */
export function arrayText(entries: readonly [string, string][], isAssociative: boolean): string {
  const elements = entries.map(([key, value]) => `[${keyText(key)}]=${quoteDouble(value)}`);
  return `(${elements.join(" ")}${isAssociative && elements.length > 0 ? " " : ""})`;
}

/** `0 "1" 1 "2"`: `${a[@]@K}`. */
export function keyValueText(shell: Shell, name: string): string {
  const value = shell.variables.value(name);
  if (value === undefined) return "";
  if (typeof value === "string") return `0 ${quoteDouble(value)}`;
  const text = value.entries().map(([key, one]) => `${keyText(key)} ${quoteDouble(one)}`);
  return text.join(" ") + (value instanceof AssociativeArray && text.length > 0 ? " " : "");
}

/** Keys and values in turn: `${a[@]@k}`. */
export function keyValues(shell: Shell, name: string): string[] {
  const value = shell.variables.value(name);
  if (value === undefined) return [];
  return typeof value === "string" ? ["0", value] : value.entries().flat();
}

function keyText(key: string): string {
  return quoteWhenNeeded(key, "double");
}
