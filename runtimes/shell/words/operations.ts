/** The operators of `${...}` that make a new text or list of a value. */
import { AssociativeArray, IndexedArray } from "../arrays.ts";
import { fromLocale, inLocale } from "../byte-locale.ts";
import {
  compileReplacement,
  removePattern,
  type SubstituteOperator,
  substitutePattern,
} from "../pattern/substitute.ts";
import { compilePattern, type Pattern } from "../pattern.ts";
import type { Shell } from "../state.ts";
import { chain, type MaybePromise } from "../task.ts";
import { evaluate } from "./arithmetic-values.ts";
import { expandPattern, expandReplacement, expandTemplate, expandText } from "./expand.ts";
import { failExpansion } from "./failures.ts";
import type { ParameterValue, Subject } from "./parameter-expansion.ts";
import type { Operation, WordPieces } from "./pieces.ts";
import { applyTransform } from "./transforms.ts";

export function applyOperation(
  shell: Shell,
  subject: Subject,
  value: ParameterValue,
  operation: Operation,
): MaybePromise<ParameterValue> {
  switch (operation.kind) {
    case "remove":
      return chain(expandPattern(shell, operation.operand), (source) => {
        const pattern = patternOf(shell, source, false);
        return mapInLocale(shell, value, (text) =>
          removePattern(text, operation.operator, pattern),
        );
      });
    case "replace":
      return replace(shell, value, operation);
    case "slice":
      if (operation.offset.text === "" && operation.length === undefined)
        failExpansion(
          shell,
          `\${${subject.name}${subject.list ? `[${subject.list}]` : ""}:}: bad substitution`,
        );
      return slice(shell, subject, value, operation);
    case "case":
      return changeCase(shell, value, operation);
    case "transform":
      return applyTransform(shell, subject, value, operation.operator);
    default:
      return value;
  }
}

function mapValue(value: ParameterValue, change: (text: string) => string): ParameterValue {
  if (value === undefined) return undefined;
  return typeof value === "string" ? change(value) : value.map(change);
}

function mapInLocale(
  shell: Shell,
  value: ParameterValue,
  change: (text: string) => string,
): ParameterValue {
  return mapValue(value, (text) => fromLocale(shell, change(inLocale(shell, text))));
}

function patternOf(shell: Shell, source: string, mayIgnoreCase: boolean): Pattern {
  const ignoreCase = mayIgnoreCase && shell.shopt.nocasematch;
  return compilePattern(inLocale(shell, source), { extglob: shell.shopt.extglob, ignoreCase });
}

function replace(
  shell: Shell,
  value: ParameterValue,
  operation: Extract<Operation, { kind: "replace" }>,
): MaybePromise<ParameterValue> {
  const { pattern, replacement } = operation;
  return chain(expandPattern(shell, pattern), (expanded) => {
    const { source, operator } = findAnchor(expanded, operation);
    const compiled = patternOf(shell, source, true);
    const useMatch = shell.shopt.patsub_replacement;
    const text = useMatch ? expandReplacement(shell, replacement) : expandText(shell, replacement);
    return chain(text, (made) => {
      const replaced = useMatch ? compileReplacement(made) : () => made;
      return mapInLocale(shell, value, (one) =>
        substitutePattern(one, operator, compiled, replaced),
      );
    });
  });
}

/** `#` and `%` anchor a pattern also where an expansion made them. */
function findAnchor(
  source: string,
  operation: Extract<Operation, { kind: "replace" }>,
): { source: string; operator: SubstituteOperator } {
  const { operator, pattern } = operation;
  const first = pattern.pieces[0];
  const isAnchored =
    operator === "/" && first?.kind === "parameter" && !first.quoted && /^[#%]/u.test(source);
  if (!isAnchored) return { source, operator };
  return { source: source.slice(1), operator: source.startsWith("#") ? "/#" : "/%" };
}

function slice(
  shell: Shell,
  subject: Subject,
  value: ParameterValue,
  operation: Extract<Operation, { kind: "slice" }>,
): MaybePromise<ParameterValue> {
  return chain(evaluateWord(shell, operation.offset), (offset) =>
    chain(operation.length && evaluateWord(shell, operation.length), (length) => {
      if (value === undefined) return undefined;
      if (typeof value === "string")
        return fromLocale(shell, sliceText(shell, inLocale(shell, value), offset, length));
      return sliceList(shell, subject, value, offset, length);
    }),
  );
}

function evaluateWord(shell: Shell, word: WordPieces): MaybePromise<number> {
  return chain(expandTemplate(shell, word.text, "arithmetic"), (text) =>
    Number(evaluate(shell, text)),
  );
}

function sliceText(shell: Shell, text: string, offset: number, length: number | undefined): string {
  const characters = /[\ud800-\udbff]/.test(text) ? [...text] : undefined;
  const count = characters?.length ?? text.length;
  const start = offset < 0 ? count + offset : offset;
  if (start < 0 || start > count) return "";
  const end = length === undefined ? count : length < 0 ? count + length : start + length;
  if (end < start) failExpansion(shell, `${length}: substring expression < 0`);
  return characters ? characters.slice(start, end).join("") : text.slice(start, end);
}

function sliceList(
  shell: Shell,
  { name }: Subject,
  values: readonly string[],
  offset: number,
  length: number | undefined,
): readonly string[] {
  if (length !== undefined && length < 0)
    failExpansion(shell, `${length}: substring expression < 0`);
  if (name === "@" || name === "*") return sliceArguments(shell, values, offset, length);
  const array = shell.variables.value(name);
  if (array instanceof AssociativeArray) {
    const start = Math.max(offset < 0 ? values.length + offset : offset - 1, 0);
    return values.slice(start, length === undefined ? undefined : start + length);
  }
  const last = array instanceof IndexedArray ? array.last : 0;
  const from = offset < 0 ? last + 1 + offset : offset;
  if (from < 0) return [];
  const first =
    array instanceof IndexedArray ? array.indices().findIndex((index) => index >= from) : from;
  if (first < 0) return [];
  return values.slice(first, length === undefined ? undefined : first + length);
}

/** Of `$@`: number 0 is $0. */
function sliceArguments(
  shell: Shell,
  values: readonly string[],
  offset: number,
  length: number | undefined,
): readonly string[] {
  const all = [shell.name, ...values];
  const from = offset < 0 ? all.length + offset : offset;
  if (from < 0) return [];
  return all.slice(from, length === undefined ? undefined : from + length);
}

function changeCase(
  shell: Shell,
  value: ParameterValue,
  { operator, operand }: Extract<Operation, { kind: "case" }>,
): MaybePromise<ParameterValue> {
  const source = operand === undefined || operand.text === "" ? "?" : expandPattern(shell, operand);
  return chain(source, (expanded) => {
    const pattern = patternOf(shell, expanded, false);
    const change = operator.startsWith("^") ? upper : operator.startsWith("~") ? swap : lower;
    const changed = (one: string) => (pattern.matches(one) ? change(one) : one);
    return mapValue(value, (text) => {
      if (operator.length === 2) return [...text].map(changed).join("");
      const [first = ""] = text;
      return changed(first) + text.slice(first.length);
    });
  });
}

/** One character to one character, as towupper(3). */
function upper(character: string): string {
  const result = character.toUpperCase();
  return [...result].length === 1 ? result : character;
}

function swap(character: string): string {
  const result = upper(character);
  return result === character ? lower(character) : result;
}

function lower(character: string): string {
  const result = character.toLowerCase();
  return [...result].length === 1 ? result : character;
}
