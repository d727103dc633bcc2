/** Renders finished system calls as strace(1) does, from the table. */
import { errnoName, KernelError, strerror } from "../errno.ts";
import { type SyscallName, syscalls } from "./table.ts";

export interface TraceEvent {
  readonly pid: number;
  readonly name: SyscallName;
  readonly args: readonly unknown[];
  readonly result: unknown;
  /** What it threw: a KernelError, or what unwinds a program. */
  readonly error: unknown;
}

const TEXT_MAX = 32;

/** One line: `[pid 7] openat(-100, "/etc/passwd", 0, 0) = 3`. */
export function formatTrace(event: TraceEvent): string {
  const { parameters } = syscalls[event.name];
  const args = event.args.map((value, i) =>
    parameters[i]?.codec.name === "out" ? "[out]" : show(value),
  );
  return `[pid ${event.pid}] ${event.name}(${args.join(", ")}) = ${outcome(event)}`;
}

function outcome({ result, error }: TraceEvent): string {
  if (error instanceof KernelError)
    return `-1 ${errnoName(error.errno)} (${strerror(error.errno)})`;
  if (error !== undefined) return "?";
  return result === undefined ? "0" : show(result);
}

function show(value: unknown): string {
  if (value instanceof Uint8Array) return `[${value.length} bytes]`;
  if (typeof value === "string") return quoted(value);
  if (typeof value === "bigint") return value.toString();
  if (Array.isArray(value))
    return `[${value.slice(0, 8).map(show).join(", ")}${value.length > 8 ? ", ..." : ""}]`;
  if (typeof value === "object" && value !== null) {
    return `{${Object.entries(value)
      .map(([key, field]) => `${key}=${show(field)}`)
      .join(", ")}}`;
  }
  return String(value);
}

function quoted(text: string): string {
  return text.length > TEXT_MAX ? `${escaped(text.slice(0, TEXT_MAX))}...` : escaped(text);
}

/** JSON leaves the second set of control characters as it is, which a terminal acts upon. */
function escaped(text: string): string {
  return JSON.stringify(text).replace(
    /[\u007f-\u009f]/g,
    (unit) => `\\u00${unit.charCodeAt(0).toString(16)}`,
  );
}
