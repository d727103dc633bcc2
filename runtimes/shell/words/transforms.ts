/** `${x@Q}` and the other transformations. */

import { attributeLetters, declarationText, keyValues, keyValueText } from "../declaration-text.ts";
import { decodeAnsiC } from "../escape.ts";
import { quoteReusable } from "../quote.ts";
import type { Shell } from "../state.ts";
import { chain, type MaybePromise } from "../task.ts";
import { failExpansion } from "./failures.ts";
import type { ParameterValue, Subject } from "./parameter-expansion.ts";

export function applyTransform(
  shell: Shell,
  subject: Subject,
  value: ParameterValue,
  operator: string,
): MaybePromise<ParameterValue> {
  switch (operator) {
    case "Q":
      return mapTexts(value, quoteReusable);
    case "E":
      return mapTexts(value, decodeAnsiC);
    case "U":
      return mapTexts(value, (text) => text.toUpperCase());
    case "L":
      return mapTexts(value, (text) => text.toLowerCase());
    case "u":
      return mapTexts(value, (text) => text.slice(0, 1).toUpperCase() + text.slice(1));
    case "P":
      return expandPrompts(shell, value);
    case "A":
      return declare(shell, subject, value);
    case "a":
      return attributes(shell, subject, value);
    case "K":
      if (typeof value !== "object") return mapTexts(value, quoteReusable);
      return [keyValueText(shell, subject.name)];
    case "k":
      if (typeof value !== "object") return mapTexts(value, quoteReusable);
      return keyValues(shell, subject.name);
    default:
      return failExpansion(shell, `\${${subject.name}@${operator}}: bad substitution`);
  }
}

function mapTexts(value: ParameterValue, change: (text: string) => string): ParameterValue {
  if (value === undefined) return undefined;
  return typeof value === "string" ? change(value) : value.map(change);
}

function expandPrompts(shell: Shell, value: ParameterValue): MaybePromise<ParameterValue> {
  if (value === undefined) return undefined;
  if (typeof value === "string") return shell.interpreter.expandPrompt(shell, value);
  let done: MaybePromise<string[]> = [];
  for (const text of value)
    done = chain(done, (texts) =>
      chain(shell.interpreter.expandPrompt(shell, text), (expanded) => [...texts, expanded]),
    );
  return done;
}

function declare(
  shell: Shell,
  { name, key, list }: Subject,
  value: ParameterValue,
): ParameterValue {
  if (name === "@" || name === "*")
    return `set -- ${(value as readonly string[]).map(quoteReusable).join(" ")}`;
  const variable = shell.variables.find(name);
  if (!variable) return undefined;
  if (list) return declarationText(shell, variable);
  if (value === undefined && !variable.attributes) return undefined;
  const letters = attributeLetters(variable);
  const shown = key === undefined ? name : name;
  const text = value === undefined ? shown : `${shown}=${quoteReusable(String(value))}`;
  return letters === "" ? text : `declare -${letters} ${text}`;
}

function attributes(shell: Shell, { name, list }: Subject, value: ParameterValue): ParameterValue {
  const variable = shell.variables.find(name);
  const letters = variable ? attributeLetters(variable) : "";
  if (!list) return variable ? letters : undefined;
  return (value as readonly string[]).map(() => letters);
}
