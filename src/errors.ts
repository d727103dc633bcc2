/**
 * Errors that the API throws. Each has a `code`; those of system calls also have `errno`, `syscall`,
 * `path` and `dest`, worded as Node words them.
 */
import { errnoName } from "../kernel/errno.ts";
import { libuvText } from "./fs/libuv-text.ts";
import type { Failure } from "./machine/protocol.ts";

/** An error of the machine or of its kernel, not of a system call. */
export class IsopodError extends Error {
  readonly code: string;

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "IsopodError";
    this.code = code;
  }
}

/** A failed system call, in the shape of node:fs. */
export interface SystemError extends Error {
  code: string;
  /** Negative, as in node:fs. */
  errno: number;
  syscall: string;
  path?: string;
  dest?: string;
}

/** The error that a caller sees for what an operation in the machine's thread threw. */
export function fromFailure(failure: Failure): Error {
  const { errno, syscall, path, dest, message, reason } = failure;
  if (errno === undefined) {
    const code = failure.code ?? "ERR_INTERNAL";
    const error = new IsopodError(code, message ?? "the kernel failed");
    if (failure.stack) error.stack = failure.stack;
    return error;
  }
  const code = errnoName(errno as never);
  if (failure.code !== undefined) return ownError(failure, failure.code, code);
  const why = reason === undefined ? "" : ` (${reason})`;
  const error = new Error(message ?? sentence(code, syscall, path, dest) + why) as SystemError;
  error.errno = -errno;
  error.code = code;
  error.syscall = syscall;
  if (path !== undefined) error.path = path;
  if (dest !== undefined) error.dest = dest;
  return error;
}

/** As node:fs makes it: ERR_FS_EISDIR and its like, with the errno as a positive number. */
function ownError({ errno, syscall, path }: Failure, code: string, name: string): Error {
  const what = OWN_TEXTS[code] ?? code;
  const message = `${what}: ${syscall} returned ${name} (is a directory) ${path}`;
  const error = Object.assign(new Error(message), { code, errno, syscall, path });
  error.name = "SystemError";
  return error;
}

const OWN_TEXTS: Readonly<Record<string, string>> = { ERR_FS_EISDIR: "Path is a directory" };

export function disposedError(): IsopodError {
  return new IsopodError("ERR_VM_DISPOSED", "the machine was disposed of");
}

function sentence(code: string, syscall: string, path?: string, dest?: string): string {
  const what = `${code}: ${libuvText(code)}${syscall === "" ? "" : `, ${syscall}`}`;
  if (path === undefined || syscall.startsWith("spawn ")) return what;
  return dest === undefined ? `${what} '${path}'` : `${what} '${path}' -> '${dest}'`;
}
