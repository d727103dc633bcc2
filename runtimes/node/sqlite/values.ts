/** Values between JavaScript and SQLite: what a column or an argument holds, what is bound or answered. */
import { codedError } from "../errors.ts";
import { bytesOf } from "../text/bytes.ts";
import { type Library, TRANSIENT } from "./library.ts";

const INTEGER = 1;
const FLOAT = 2;
const TEXT = 3;
const BLOB = 4;
const MOST_SAFE = BigInt(Number.MAX_SAFE_INTEGER);

export function columnValue(
  library: Library,
  statement: number,
  column: number,
  bigints: boolean,
): unknown {
  const { c } = library;
  switch (c.sqlite3_column_type(statement, column)) {
    case INTEGER:
      return integer(c.sqlite3_column_int64(statement, column), bigints);
    case FLOAT:
      return c.sqlite3_column_double(statement, column);
    case TEXT:
      return library.text(c.sqlite3_column_text(statement, column)) ?? "";
    case BLOB: {
      const start = c.sqlite3_column_blob(statement, column);
      return library.bytes.slice(start, start + c.sqlite3_column_bytes(statement, column));
    }
    default:
      return null;
  }
}

/** The arguments of a function that SQL called. */
export function argumentValues(
  library: Library,
  count: number,
  values: number,
  bigints: boolean,
): unknown[] {
  return Array.from({ length: count }, (_, i) =>
    argumentValue(library, library.pointerAt(values + i * 4), bigints),
  );
}

function argumentValue(library: Library, value: number, bigints: boolean): unknown {
  const { c } = library;
  switch (c.sqlite3_value_type(value)) {
    case INTEGER:
      return integer(c.sqlite3_value_int64(value), bigints);
    case FLOAT:
      return c.sqlite3_value_double(value);
    case TEXT:
      return library.text(c.sqlite3_value_text(value)) ?? "";
    case BLOB: {
      const start = c.sqlite3_value_blob(value);
      return library.bytes.slice(start, start + c.sqlite3_value_bytes(value));
    }
    default:
      return null;
  }
}

function integer(value: bigint, bigints: boolean): number | bigint {
  if (bigints) return value;
  if (value <= MOST_SAFE && value >= -MOST_SAFE) return Number(value);
  const what = "Value is too large to be represented as a JavaScript number";
  throw codedError(RangeError, "ERR_OUT_OF_RANGE", `${what}: ${value}`);
}

/** The result code; throws for what cannot be bound. */
export function bindValue(
  library: Library,
  statement: number,
  index: number,
  value: unknown,
): number {
  const { c } = library;
  if (typeof value === "number") return c.sqlite3_bind_double(statement, index, value);
  if (typeof value === "string") {
    return library.withPassingText(value, (text, size) =>
      c.sqlite3_bind_text(statement, index, text, size, TRANSIENT),
    );
  }
  if (value === null) return c.sqlite3_bind_null(statement, index);
  if (ArrayBuffer.isView(value)) {
    return library.withBytes(bytesOf(value), (blob, size) =>
      c.sqlite3_bind_blob(statement, index, blob, size, TRANSIENT),
    );
  }
  if (typeof value === "bigint") {
    if (isLong(value)) return c.sqlite3_bind_int64(statement, index, value);
    const message = "BigInt value is too large to bind.";
    throw codedError(TypeError, "ERR_INVALID_ARG_VALUE", message);
  }
  const message = `Provided value cannot be bound to SQLite parameter ${index}.`;
  throw codedError(TypeError, "ERR_INVALID_ARG_TYPE", message);
}

/** What a function answers to the SQL that called it. */
export function answerValue(
  library: Library,
  context: number,
  value: unknown,
  isPromise: (value: object) => boolean,
): void {
  const { c } = library;
  if (value === undefined || value === null) c.sqlite3_result_null(context);
  else if (typeof value === "number") c.sqlite3_result_double(context, value);
  else if (typeof value === "string") {
    library.withPassingText(value, (text, size) =>
      c.sqlite3_result_text(context, text, size, TRANSIENT),
    );
  } else if (ArrayBuffer.isView(value)) {
    library.withBytes(bytesOf(value), (blob, size) =>
      c.sqlite3_result_blob(context, blob, size, TRANSIENT),
    );
  } else if (typeof value === "bigint") {
    if (isLong(value)) c.sqlite3_result_int64(context, value);
    else answerError(library, context, "BigInt value is too large for SQLite");
  } else if (typeof value === "object" && isPromise(value)) {
    answerError(library, context, "Asynchronous user-defined functions are not supported");
  } else {
    const message = "Returned JavaScript value cannot be converted to a SQLite value";
    answerError(library, context, message);
  }
}

export function answerError(library: Library, context: number, message: string): void {
  library.withPassingText(message, (text, size) =>
    library.c.sqlite3_result_error(context, text, size),
  );
}

function isLong(value: bigint): boolean {
  return BigInt.asIntN(64, value) === value;
}
