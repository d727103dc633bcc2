/** Errors as src/node_sqlite.cc makes them. */
import { codedError } from "../errors.ts";
import type { Library } from "./library.ts";

interface SqliteError extends Error {
  code: string;
  errcode?: number;
  errstr?: string;
}

export function plainError(message: string): SqliteError {
  return Object.assign(new Error(message), { code: "ERR_SQLITE_ERROR" });
}

/** What the connection says of its last call. */
export function connectionError(library: Library, connection: number): SqliteError {
  const { c } = library;
  const errcode = c.sqlite3_extended_errcode(connection);
  const message = library.text(c.sqlite3_errmsg(connection)) ?? "";
  return Object.assign(plainError(message), { errcode, errstr: textOf(library, errcode) });
}

/** Of a result that no connection remembers. */
export function resultError(library: Library, errcode: number): SqliteError {
  return Object.assign(plainError(textOf(library, errcode)), { errcode });
}

export function textOf(library: Library, errcode: number): string {
  return library.text(library.c.sqlite3_errstr(errcode)) ?? "";
}

export function invalidState(message: string): Error {
  return codedError(Error, "ERR_INVALID_STATE", message);
}

export function invalidType(message: string): Error {
  return codedError(TypeError, "ERR_INVALID_ARG_TYPE", message);
}

export function illegalConstructor(): Error {
  return codedError(Error, "ERR_ILLEGAL_CONSTRUCTOR", "Illegal constructor");
}
