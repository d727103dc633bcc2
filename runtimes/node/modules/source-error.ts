/** Shows where in a source an error is: the lines that Node prints above its stack (GetErrorSource). */
import type { Environment } from "../environment.ts";

export interface SourcePlace {
  readonly filename: string;
  readonly source: string;
  /** From 1 in the source, before `lineOffset`. */
  readonly line: number;
  /** From 0 in that line. */
  readonly column: number;
  /** Characters to underline; as many as the word there has if there is none. */
  readonly length?: number;
  readonly lineOffset?: number;
}

/** One of another context is none of ours. */
function isError(value: unknown): value is Error {
  const { isError: check } = Error as { isError?: (value: unknown) => boolean };
  return check ? check(value) : value instanceof Error;
}

/** Keeps the lines beside the error, where lib/ looks for them (AppendExceptionLine). */
export function appendExceptionLine(env: Environment, error: unknown, place: SourcePlace): void {
  if (!isError(error)) return;
  const { arrow_message_private_symbol: arrow, decorated_private_symbol: decorated } =
    env.privateSymbols;
  const marked = error as unknown as Record<symbol, unknown>;
  if (marked[decorated]) return;
  marked[arrow] = arrowMessage(place);
}

/** Puts the lines in front of the error's stack (DecorateErrorStack). */
export function decorateErrorStack(env: Environment, error: unknown): void {
  const { arrow_message_private_symbol: arrow, decorated_private_symbol: decorated } =
    env.privateSymbols;
  if (!isError(error)) return;
  const marked = error as unknown as Record<symbol, unknown>;
  if (marked[decorated] || typeof marked[arrow] !== "string") return;
  if (typeof error.stack !== "string") return;
  error.stack = `${marked[arrow]}\n${error.stack}`;
  marked[decorated] = true;
}

/** Whether lib/ asks that this line is not shown: it says so where it throws, often a line below. */
export function isUnshown({ source, line }: SourcePlace): boolean {
  const lines = source.split("\n").slice(line - 1, line + 1);
  return lines.some((text) => text.includes("node-do-not-add-exception-line"));
}

/** Line from 1 and column from 0 of an offset. */
export function lineAndColumn(source: string, offset: number): { line: number; column: number } {
  const before = source.slice(0, offset);
  const lines = before.split(/\r\n|[\n\r\u2028\u2029]/);
  return { line: lines.length, column: (lines.at(-1) as string).length };
}

export function arrowMessage({
  filename,
  source,
  line,
  column,
  length,
  lineOffset = 0,
}: SourcePlace): string {
  const text = source.split(/\r\n|[\n\r\u2028\u2029]/)[line - 1] ?? "";
  const indent = text.slice(0, column).replace(/[^\t]/g, " ");
  // At the end of a text there is nothing to underline.
  const count = length ?? (column < text.length ? wordLength(text.slice(column)) : 0);
  const underline = "^".repeat(count);
  return `${filename}:${line + lineOffset}\n${text}\n${indent}${underline}\n`;
}

/** The length of the token that a line begins with. */
function wordLength(line: string): number {
  const token =
    /^(?:[\p{ID_Continue}$#@\u200c\u200d]+|"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|=>|\.\.\.|[=!]==?|\?\?=?|&&=?|\|\|=?|\*\*=?|<<=?|>>>?=?|\+\+|--|[-+*/%&|^<>]=)/u;
  return token.exec(line)?.[0].length ?? 1;
}
