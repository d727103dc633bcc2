/** Errors of bindings in the shapes that C++ gives them: UVException, and coded TypeErrors and others. */
import { KernelError } from "../../kernel/abi.ts";
import { UV_ERRORS } from "./uv-errors.ts";

const BY_NUMBER = new Map(UV_ERRORS.map(([number, name, text]) => [number, { name, text }]));

/** libuv's name of a negative error number. */
export function uvErrorName(number: number): string {
  return BY_NUMBER.get(number)?.name ?? `Unknown system error ${number}`;
}

export function uvErrorText(number: number): string {
  return BY_NUMBER.get(number)?.text ?? `Unknown system error ${number}`;
}

/** The negative error number of what a system call threw; anything else is thrown on. */
export function uvErrno(reason: unknown): number {
  if (reason instanceof KernelError) return -reason.errno;
  throw reason;
}

/** node::UVException: what `fs` and others throw. `number` is negative. */
export function uvException(
  number: number,
  syscall: string,
  path?: string,
  dest?: string,
  message?: string,
): Error {
  const code = uvErrorName(number);
  let text = `${code}: ${message ?? uvErrorText(number)}, ${syscall}`;
  if (path !== undefined) text += ` '${path}'`;
  if (dest !== undefined) text += ` -> '${dest}'`;
  const error = new Error(text) as Error & Record<string, unknown>;
  error["errno"] = number;
  error["code"] = code;
  error["syscall"] = syscall;
  if (path !== undefined) error["path"] = path;
  if (dest !== undefined) error["dest"] = dest;
  return error;
}

/** THROW_ERR_*: an error of the class `Class` whose `code` is Node's. */
export function codedError<E extends Error>(
  Class: new (message: string) => E,
  code: string,
  message: string,
): E {
  const error = new Class(message);
  Object.defineProperty(error, "code", {
    value: code,
    enumerable: true,
    configurable: true,
    writable: true,
  });
  return error;
}

/** A property of no name of its own reads that a module which is refused on purpose was used. */
export function refused(what: string, why: string): Error {
  return codedError(Error, "ERR_FEATURE_UNAVAILABLE_ON_PLATFORM", `${what} is unavailable: ${why}`);
}

/** node::ErrnoException: what calls outside of libuv throw. `number` is positive. */
export function errnoException(
  number: number,
  syscall: string,
  message: string,
  path?: string,
): Error {
  const code = uvErrorName(-number);
  const text = path === undefined ? `${code}, ${message}` : `${code}, ${message} '${path}'`;
  const error = new Error(text) as Error & Record<string, unknown>;
  error["errno"] = number;
  error["code"] = code;
  if (path !== undefined) error["path"] = path;
  error["syscall"] = syscall;
  return error;
}
