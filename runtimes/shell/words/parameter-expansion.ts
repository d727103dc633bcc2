/**
 * `$x` and `${...}`: finds what is meant, applies the operator, and hands the result on as one text or
 * as a list of elements.
 *
 * @see https://www.gnu.org/software/bash/manual/html_node/Shell-Parameter-Expansion.html
 */
import { inLocale } from "../byte-locale.ts";
import type { Shell } from "../state.ts";
import { chain, type MaybePromise } from "../task.ts";
import { Attribute } from "../variable.ts";
import { applyDefault } from "./defaults.ts";
import { expandTemplate, expandText } from "./expand.ts";
import { failExpansion, failUnbound } from "./failures.ts";
import { applyOperation } from "./operations.ts";
import {
  elementAt,
  elementsOf,
  isAssociative,
  keysOf,
  parameterValue,
  separatorsOf,
} from "./parameters.ts";
import type { Index, ParameterPiece, WordPieces } from "./pieces.ts";
import type { Sink } from "./sinks.ts";
import {
  evaluateSubscript,
  expandSubscript,
  parseReference,
  type Reference,
} from "./subscripts.ts";

/** What an expansion is about: a parameter, an element of an array, or a list. */
export interface Subject {
  readonly name: string;
  /** Of an element. */
  readonly key: string | number | undefined;
  /** All elements, as `@` or as `*`. */
  readonly list: "@" | "*" | undefined;
}

/** The value of a subject: undefined where it is unset, an array where it is a list. */
export type ParameterValue = string | undefined | readonly string[];

export function expandParameter(
  shell: Shell,
  piece: ParameterPiece,
  sink: Sink,
): Promise<void> | undefined {
  const { name, prefix, index, operation } = piece;
  if (
    prefix === undefined &&
    index === undefined &&
    operation === undefined &&
    name !== "@" &&
    name !== "*" &&
    !shell.variables.isReference(name)
  ) {
    const value = parameterValue(shell, name);
    if (value !== undefined) sink.expansion(value, piece.quoted);
    else if (shell.options.nounset) failUnbound(shell, displayName(name));
    return undefined;
  }
  const result = expandFully(shell, piece, sink);
  return result instanceof Promise ? result : undefined;
}

/** Writes `value` where the expansion stands. */
export function emit(
  shell: Shell,
  value: ParameterValue,
  star: boolean,
  piece: ParameterPiece,
  sink: Sink,
): void {
  if (value === undefined) return;
  if (typeof value === "string") sink.expansion(value, piece.quoted);
  else if (star && piece.quoted) sink.expansion(value.join(separatorsOf(shell).first), true);
  else sink.list(value, piece.quoted, star);
}

export function subjectValue(shell: Shell, subject: Subject): ParameterValue {
  if (subject.list) return elementsOf(shell, subject.name);
  if (subject.key === undefined) return parameterValue(shell, subject.name);
  const { value, isBad } = elementAt(shell, subject.name, subject.key);
  if (isBad) shell.complain(`${subject.name}: bad array subscript`);
  return value;
}

/** The name as error messages have it. */
export function displayName(name: string): string {
  return /^[0-9!]/u.test(name) ? `$${name}` : name;
}

function expandFully(shell: Shell, piece: ParameterPiece, sink: Sink): MaybePromise<void> {
  const { name, prefix, index, operation } = piece;
  if (operation?.kind === "unknown" || !isParameterName(name))
    return failExpansion(shell, `${piece.text}: bad substitution`);
  if (prefix === "!" && operation?.kind === "names") {
    const names = shell.variables.setNames().filter((one) => one.startsWith(name));
    return emit(shell, names.sort(), operation.operator === "*", piece, sink);
  }
  if (prefix === "!" && (index === "@" || index === "*") && operation === undefined)
    return emit(shell, keysOf(shell, name), index === "*", piece, sink);
  return chain(findSubject(shell, name, index), (direct) => {
    if (prefix === "#") return expandLength(shell, direct, piece, sink);
    const subject = prefix === "!" ? followReference(shell, direct, piece) : direct;
    return chain(subject, (found) =>
      typeof found === "string"
        ? sink.expansion(found, piece.quoted)
        : expandSubject(shell, found, piece, sink),
    );
  });
}

function isParameterName(name: string): boolean {
  return /^(?:[A-Za-z_][A-Za-z_0-9]*|[0-9]+|[@*#?$!-])$/u.test(name);
}

function findSubject(shell: Shell, name: string, index: Index | undefined): MaybePromise<Subject> {
  if (index === undefined && shell.variables.isReference(name)) {
    const target = shell.variables.resolve(name);
    if (target?.subscript !== undefined) return subjectOf(shell, target);
  }
  if (index === undefined)
    return { name, key: undefined, list: name === "@" || name === "*" ? name : undefined };
  if (typeof index === "string") return { name, key: undefined, list: index };
  return chain(expandIndex(shell, name, index), (text) => ({
    name,
    key: evaluateSubscript(shell, name, text, index.text),
    list: undefined,
  }));
}

/** Single quotes quote in the key of an associative array; in arithmetic they are an error. */
function expandIndex(shell: Shell, name: string, index: WordPieces): MaybePromise<string> {
  if (isAssociative(shell, name)) return expandText(shell, index);
  return expandTemplate(shell, index.text, "arithmetic");
}

function expandSubject(
  shell: Shell,
  subject: Subject,
  piece: ParameterPiece,
  sink: Sink,
): MaybePromise<void> {
  const value = subjectValue(shell, subject);
  const star = subject.list === "*";
  const { operation } = piece;
  if (operation?.kind === "default")
    return applyDefault(shell, subject, value, piece, operation, sink);
  if (value === undefined && shell.options.nounset) failUnbound(shell, subjectName(subject));
  if (operation === undefined) return emit(shell, value, star, piece, sink);
  return chain(applyOperation(shell, subject, value, operation), (result) =>
    emit(shell, result, star, piece, sink),
  );
}

/** `a[1]`, `$1` or `x`. */
export function subjectName({ name, key }: Subject): string {
  return key === undefined ? displayName(name) : `${name}[${key}]`;
}

/**
 * What `${!name}` is about: the parameter that the value of `name` names. Of a name reference it is the
 * name itself, as text.
 */
function followReference(
  shell: Shell,
  direct: Subject,
  piece: ParameterPiece,
): MaybePromise<Subject | string> {
  const variable = shell.variables.lookup(direct.name);
  if (direct.key === undefined && variable?.has(Attribute.NAMEREF) && !piece.operation)
    return typeof variable.value === "string" ? variable.value : "";
  const value = direct.list
    ? elementsOf(shell, direct.name).join(" ")
    : (subjectValue(shell, direct) as string | undefined);
  if (value === undefined) {
    if (shell.options.nounset) failUnbound(shell, `!${direct.name}`);
    // An array has no element 0, but it is set.
    if (direct.key === undefined && typeof variable?.value === "object") return "";
    return failExpansion(shell, `${subjectName(direct)}: invalid indirect expansion`);
  }
  const reference = parseReference(value);
  if (!reference) return failExpansion(shell, `${value}: invalid variable name`);
  return subjectOf(shell, reference);
}

/** What a name in a value is about; its subscript is expanded here. */
function subjectOf(shell: Shell, { name, subscript }: Reference): MaybePromise<Subject> {
  if (subscript === undefined)
    return { name, key: undefined, list: name === "@" || name === "*" ? name : undefined };
  if (subscript === "@" || subscript === "*") return { name, key: undefined, list: subscript };
  return chain(expandSubscript(shell, name, subscript), (text) => ({
    name,
    key: evaluateSubscript(shell, name, text, subscript),
    list: undefined,
  }));
}

/** `${#x}`: characters of a text, elements of a list. */
function expandLength(shell: Shell, subject: Subject, piece: ParameterPiece, sink: Sink): void {
  const value = subjectValue(shell, subject);
  if (shell.options.nounset) {
    if (value === undefined) failUnbound(shell, subjectName(subject));
    if (typeof value === "object" && isUnsetArray(shell, subject))
      failExpansion(shell, `${subject.name}: unbound variable`);
  }
  const length =
    typeof value === "object" ? value.length : characterCount(inLocale(shell, value ?? ""));
  sink.expansion(String(length), piece.quoted);
}

function isUnsetArray(shell: Shell, { name }: Subject): boolean {
  return name !== "@" && name !== "*" && shell.variables.value(name) === undefined;
}

function characterCount(text: string): number {
  return /[\ud800-\udbff]/.test(text) ? [...text].length : text.length;
}
