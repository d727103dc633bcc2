/**
 * Where an uncaught error was thrown. V8 keeps that in a message which JavaScript cannot see, so it is
 * read off the stack and the source: exact for an error that is thrown where it is made.
 */
import { readText } from "./accounts.ts";
import type { Environment } from "./environment.ts";
import type { SourcePlace } from "./modules/source-error.ts";

interface Frame {
  readonly filename: string;
  /** Both from 1. */
  readonly line: number;
  readonly column: number;
}

/** `    at name (place:line:column)` or `    at place:line:column`. */
const FRAME = /^ {4}at (?:.*? \()?(.*?):(\d+):(\d+)\)?$/m;
/** What `--eval` runs, as a script or as a module. */
const EVAL = /^(?:file:\/\/.*\/)?\[eval\d*\]$/;
const LINE_END = /\r\n|[\n\r\u2028\u2029]/;
/** How far below the place where an error is made its `throw` is looked for. */
const NEAR = 40;
const CATCH_NEAR = 6;

/** The first frame of an error's stack that has a place, with the source there. */
export function madePlace(env: Environment, error: unknown): SourcePlace | undefined {
  const frame = firstFrame(error);
  const source = frame && sourceOf(env, frame.filename);
  if (!frame || source === undefined) return undefined;
  const { filename, line, column } = frame;
  return { filename, source, line, column: column - 1, length: 1 };
}

/** The `throw` that an error came from. */
export function throwPlace(env: Environment, error: unknown): SourcePlace | undefined {
  const made = madePlace(env, error);
  const inLibrary = libraryPlace(env, error, made);
  if (!made || inLibrary) return inLibrary;
  const lines = made.source.split(LINE_END);
  const before = (lines[made.line - 1] ?? "").slice(0, made.column);
  const here = /^.*\bthrow\b/.exec(before);
  if (here) return { ...made, column: here[0].length - "throw".length };
  const name = /([\w$]+)\s*=\s*(?:new\s+)?[\w$.]*$/.exec(before)?.[1] ?? caughtName(made, lines);
  if (name === undefined) return made;
  for (const [index, text] of lines.slice(made.line, made.line + NEAR).entries()) {
    const column = text.search(new RegExp(`\\bthrow ${name.replaceAll("$", "\\$")}\\b`));
    if (column >= 0) return { ...made, line: made.line + 1 + index, column };
  }
  return made;
}

/** The name by which a `catch` right below knows the error. */
function caughtName({ line }: SourcePlace, lines: readonly string[]): string | undefined {
  const indent = lines[line - 1]?.search(/\S/) ?? 0;
  for (const text of lines.slice(line, line + CATCH_NEAR)) {
    const found = /^(\s*)}\s*catch\s*\(([\w$]+)\)/.exec(text);
    if (found && (found[1] as string).length < indent) return found[2];
  }
  return undefined;
}

/** What lib/ itself throws of errors whose stacks begin with the caller, or anywhere. */
function libraryPlace(
  env: Environment,
  error: unknown,
  made: SourcePlace | undefined,
): SourcePlace | undefined {
  if (!(error instanceof Error)) return undefined;
  const { kEnhanceStackBeforeInspector } = env.requireBuiltin<{
    kEnhanceStackBeforeInspector: symbol;
  }>("internal/errors");
  if (Object.hasOwn(error, kEnhanceStackBeforeInspector)) {
    return findInLibrary(env, "events", "throw er; // Unhandled 'error' event");
  }
  const { code, operator } = error as { code?: unknown; operator?: unknown };
  if (code !== "ERR_ASSERTION" || made?.filename.startsWith("node:")) return undefined;
  const called = made?.source.split(LINE_END)[made.line - 1]?.slice(made.column) ?? "";
  return operator === "==" && !called.startsWith("equal")
    ? findInLibrary(env, "internal/assert/utils", "throw err;")
    : findInLibrary(env, "assert", "throw new AssertionError(obj);");
}

function findInLibrary(env: Environment, id: string, text: string): SourcePlace {
  const source = env.library.source(id);
  const lines = source.split(LINE_END);
  const index = lines.findIndex((line) => line.includes(text));
  const column = lines[index]?.indexOf(text) ?? 0;
  return { filename: `node:${id}`, source, line: index + 1, column, length: 1 };
}

function firstFrame(error: unknown): Frame | undefined {
  const stack = stackOf(error);
  const found = typeof stack === "string" ? FRAME.exec(stack) : null;
  if (!found) return undefined;
  return { filename: found[1] as string, line: Number(found[2]), column: Number(found[3]) };
}

/** A program may have made it a getter that throws. */
export function stackOf(error: unknown): unknown {
  try {
    return (error as { stack?: unknown } | null | undefined)?.stack;
  } catch {
    return undefined;
  }
}

/** The text of what a stack calls by this name; undefined where that is no file. */
function sourceOf(env: Environment, name: string): string | undefined {
  if (name.startsWith("node:")) {
    const id = name.slice("node:".length);
    return env.library.ids.includes(id) ? env.library.source(id) : undefined;
  }
  if (EVAL.test(name)) {
    const { getOptionValue } = env.requireBuiltin<{ getOptionValue(name: string): unknown }>(
      "internal/options",
    );
    return String(getOptionValue("--eval"));
  }
  const path = name.startsWith("file://") ? decodeURIComponent(name.slice("file://".length)) : name;
  if (!path.startsWith("/")) return undefined;
  try {
    return readText(env, path);
  } catch {
    return undefined;
  }
}
