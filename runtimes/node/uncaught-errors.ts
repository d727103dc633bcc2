/**
 * What a process prints when an error ends it (node_errors.cc: GetErrorSource, ReportFatalException).
 * Node knows where an error was thrown; here its own stack tells where it was made, which mostly is
 * the same.
 */
import type { Environment } from "./environment.ts";
import { sourceLine } from "./source-lines.ts";
import type { CallSite } from "./stack-traces.ts";

export interface Place {
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** From 0. */
  readonly column: number;
}

const FRAME = /^ {4}at (?:.*\()?(.+?):(\d+):(\d+)\)?$/m;
const THROW = /(?:^|[^\w$.])(throw\s+)$/;

/** Where an error was made: its uppermost frame that has a place. */
export function placeOf(error: object): Place | undefined {
  const trace = traceOf(error);
  const site = trace.find((one) => one.getScriptNameOrSourceURL());
  if (site) {
    return {
      file: site.getScriptNameOrSourceURL() as string,
      line: site.getLineNumber() ?? 1,
      column: (site.getColumnNumber() ?? 1) - 1,
    };
  }
  const [, file, line, column] = FRAME.exec(stackOf(error)) ?? [];
  if (file === undefined) return undefined;
  return { file, line: Number(line), column: Number(column) - 1 };
}

/** The frames themselves, of an error whose stack nobody has read. */
function traceOf(error: object): readonly CallSite[] {
  const { prepareStackTrace } = Error;
  if (typeof prepareStackTrace !== "function") return [];
  let trace: readonly CallSite[] = [];
  Error.prepareStackTrace = (made, sites) => {
    trace = sites as CallSite[];
    return Reflect.apply(prepareStackTrace, Error, [made, sites]);
  };
  try {
    stackOf(error);
  } finally {
    Error.prepareStackTrace = prepareStackTrace;
  }
  return trace.filter((site) => site.getFileName() !== "isopod:node");
}

function stackOf(error: object): string {
  try {
    const { stack } = error as { stack?: unknown };
    return typeof stack === "string" ? stack : "";
  } catch {
    return "";
  }
}

/** File and line, the line itself, and what points at the place in it. */
export function arrowOf(env: Environment, error: object): string | undefined {
  const place = placeOf(error);
  const line = place && sourceLine(env, place.file, place.line);
  if (!place || line === undefined || line.includes("node-do-not-add-exception-line")) {
    return undefined;
  }
  const before = line.slice(0, place.column);
  const column = place.column - (THROW.exec(before)?.[1]?.length ?? 0);
  const indent = line.slice(0, column).replace(/[^\t]/g, " ");
  return `${place.file}:${place.line}\n${line}\n${indent}^\n`;
}

/** The whole text, footer and all. */
export function describeFatal(
  env: Environment,
  error: unknown,
  enhance: (error: object) => string | undefined,
): string {
  const footer = `\nNode.js ${env.process["version"]}\n`;
  if (!isObject(error)) return `\n${describePrimitive(env, error)}${footer}`;
  const symbols = env.privateSymbols;
  const given = error as Record<symbol, unknown>;
  // What lib/ has decorated already has the arrow in its stack.
  const isDecorated = given[symbols.decorated_private_symbol] === true;
  const known = given[symbols.arrow_message_private_symbol];
  const arrow = typeof known === "string" ? known : arrowOf(env, error);
  const trace = enhance(error) ?? stackOf(error);
  if (trace === "") return `${describeObject(error)}${footer}`;
  return `${isDecorated || arrow === undefined ? "" : `${arrow}\n`}${trace}\n${footer}`;
}

function describePrimitive(env: Environment, value: unknown): string {
  const text = typeof value === "symbol" ? "" : `${String(value)}\n`;
  const name = (env.argv[0] ?? "node").split("/").pop();
  return `${text}(Use \`${name} --trace-uncaught ...\` to show where the exception was thrown)\n`;
}

function describeObject(error: object): string {
  const { name, message } = error as { name?: unknown; message?: unknown };
  return name === undefined || message === undefined
    ? `${noSideEffectsToString(error)}\n`
    : `${String(name)}: ${String(message)}\n`;
}

/** V8's words for a value, for which it calls nothing of the program's. */
export function noSideEffectsToString(value: unknown): string {
  if (typeof value === "function") return Function.prototype.toString.call(value);
  if (!isObject(value)) return typeof value === "string" ? value : String(value);
  if (value instanceof Error) {
    const name = dataProperty(value, "name") ?? "Error";
    const message = dataProperty(value, "message") ?? "";
    if (name === "") return String(message);
    return message === "" ? String(name) : `${String(name)}: ${String(message)}`;
  }
  const made = dataProperty(value, "constructor");
  const name = typeof made === "function" ? made.name : "";
  return typeof name === "string" && name !== "" ? `#<${name}>` : "[object Object]";
}

function dataProperty(value: object, key: string): unknown {
  for (let at: object | null = value; at !== null; at = Object.getPrototypeOf(at)) {
    const found = Object.getOwnPropertyDescriptor(at, key);
    if (found) return found.value;
  }
  return undefined;
}

function isObject(value: unknown): value is object {
  return (typeof value === "object" && value !== null) || typeof value === "function";
}
