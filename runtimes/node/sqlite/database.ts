/** DatabaseSync: a database, as node:sqlite has it (src/node_sqlite.cc of Node 22). */
import type { Environment } from "../environment.ts";
import { codedError } from "../errors.ts";
import { applyChangeset } from "./changesets.ts";
import { Connection } from "./connection.ts";
import { connectionError, invalidState, invalidType } from "./errors.ts";
import type { Functions } from "./functions.ts";
import { type Library, OK } from "./library.ts";
import { locationOf } from "./location.ts";
import {
  booleanOption,
  functionOption,
  integerOption,
  isObject,
  type Options,
  optionsOf,
} from "./options.ts";
import { makeSession, type Session } from "./session.ts";
import { ownGetters } from "./shapes.ts";
import { makeStatement, type StatementOptions, type StatementSync } from "./statement.ts";

/** What all databases of a process share. */
export interface Shared {
  readonly env: Environment;
  readonly library: Library;
  readonly functions: Functions;
  readonly open: Set<Connection>;
  /** Callbacks of the changeset that is being applied. */
  changes: Changes;
}

export interface Changes {
  readonly conflict?: ((kind: number) => unknown) | undefined;
  readonly filter?: ((table: string) => unknown) | undefined;
  thrown?: { readonly reason: unknown };
}

interface OpenOptions {
  readonly readOnly: boolean;
  readonly foreignKeys: boolean;
  readonly doubleQuotedStrings: boolean;
  readonly allowExtension: boolean;
  readonly timeout: number;
  readonly statements: StatementOptions;
}

const OPEN_READ_ONLY = 0x1;
const OPEN_READ_WRITE = 0x2;
const OPEN_CREATE = 0x4;
const OPEN_URI = 0x40;
const CONFIG_FOREIGN_KEYS = 1002;
const CONFIG_QUOTED_DML = 1013;
const CONFIG_QUOTED_DDL = 1014;
const PAGE_BYTES = 4096;
const UTF8 = 1;
const DETERMINISTIC = 0x800;
const DIRECT_ONLY = 0x80000;
const TYPE = Symbol.for("sqlite-type");

/** Databases that programs dropped. */
const dropped = new FinalizationRegistry<() => void>((close) => close());

type Callable = (...args: unknown[]) => unknown;

export class DatabaseSync {
  readonly #shared: Shared;
  readonly #location: string;
  readonly #options: OpenOptions;
  readonly #connection: Connection;
  #extensionsEnabled: boolean;

  constructor(shared: Shared, args: readonly unknown[]) {
    this.#shared = shared;
    this.#location = locationOf(args[0], "path");
    const options: Options = args.length > 1 ? optionsOf(args[1]) : {};
    const opens = booleanOption(options, "open") ?? true;
    this.#options = readOptions(options);
    this.#extensionsEnabled = this.#options.allowExtension;
    ownGetters(this, DatabaseSync.#getters);
    Object.assign(this, { [TYPE]: "node:sqlite" });
    const connection = new Connection(shared.library);
    this.#connection = connection;
    if (opens) this.open();
    dropped.register(this, () => end(shared, connection));
  }

  /** The connection of a database that is open; backup() takes it from here. */
  static connectionOf(database: object): Connection {
    if (!(#connection in database)) throw new TypeError("Illegal invocation");
    return database.#opened();
  }

  static readonly #getters = {
    isOpen(this: DatabaseSync) {
      return this.#connection.isOpen;
    },
    isTransaction(this: DatabaseSync) {
      const { library, pointer } = this.#opened();
      return library.c.sqlite3_get_autocommit(pointer) === 0;
    },
  };

  open(): void {
    if (this.#connection.isOpen) throw invalidState("database is already open");
    const { library } = this.#shared;
    const flags = this.#options.readOnly ? OPEN_READ_ONLY : OPEN_READ_WRITE | OPEN_CREATE;
    library.withText(this.#location, (name) =>
      library.withRoom(4, (to) => {
        const result = library.c.sqlite3_open_v2(name, to, flags | OPEN_URI, 0);
        const pointer = library.pointerAt(to);
        if (result !== OK) {
          const error = connectionError(library, pointer);
          library.c.sqlite3_close_v2(pointer);
          throw error;
        }
        this.#connection.pointer = pointer;
      }),
    );
    this.#shared.open.add(this.#connection);
    const { doubleQuotedStrings, foreignKeys, timeout } = this.#options;
    this.#configure(CONFIG_QUOTED_DML, doubleQuotedStrings);
    this.#configure(CONFIG_QUOTED_DDL, doubleQuotedStrings);
    this.#configure(CONFIG_FOREIGN_KEYS, foreignKeys);
    // Of new databases, as Node's SQLite has it; this build has another default.
    this.#run(`PRAGMA page_size = ${PAGE_BYTES}`);
    library.c.sqlite3_busy_timeout(this.#connection.pointer, timeout);
  }

  close(): void {
    this.#opened().close();
    this.#shared.open.delete(this.#connection);
  }

  prepare(sql?: unknown): StatementSync {
    const connection = this.#opened();
    const { library } = connection;
    if (typeof sql !== "string") throw invalidType('The "sql" argument must be a string.');
    const pointer = library.withText(sql, (text) =>
      library.withRoom(4, (to) => {
        connection.check(library.c.sqlite3_prepare_v2(connection.pointer, text, -1, to, 0));
        return library.pointerAt(to);
      }),
    );
    const handle = { pointer };
    if (pointer !== 0) connection.statements.add(handle);
    const options = { ...this.#options.statements };
    return makeStatement({ connection, handle, options, database: this });
  }

  exec(sql?: unknown): void {
    this.#opened();
    if (typeof sql !== "string") throw invalidType('The "sql" argument must be a string.');
    this.#run(sql);
  }

  function(name?: unknown, ...rest: unknown[]): void {
    const connection = this.#opened();
    if (typeof name !== "string") throw invalidType('The "name" argument must be a string.');
    const options: Options = rest.length > 1 ? optionsOf(rest[0]) : {};
    const bigints = booleanOption(options, "useBigIntArguments") ?? false;
    const varargs = booleanOption(options, "varargs") ?? false;
    const deterministic = booleanOption(options, "deterministic") ?? false;
    const directOnly = booleanOption(options, "directOnly") ?? false;
    const call = rest.length > 1 ? rest[1] : rest[0];
    if (typeof call !== "function") {
      throw invalidType('The "function" argument must be a function.');
    }
    const { functions, library } = this.#shared;
    const { callbacks, c } = library;
    const count = varargs ? -1 : call.length;
    const flags = UTF8 | (deterministic ? DETERMINISTIC : 0) | (directOnly ? DIRECT_ONLY : 0);
    const id = functions.add({ connection, bigints, call: call as Callable });
    const result = library.withText(name, (text) =>
      c.sqlite3_create_function_v2(
        ...[connection.pointer, text, count, flags, id],
        ...[callbacks.call, 0, 0, callbacks.destroy],
      ),
    );
    connection.check(result);
  }

  location(name?: unknown): string | null {
    const { library, pointer } = this.#opened();
    if (name !== undefined && typeof name !== "string") {
      throw invalidType('The "dbName" argument must be a string.');
    }
    const path = library.withText(name ?? "main", (text) =>
      library.text(library.c.sqlite3_db_filename(pointer, text)),
    );
    return path ? path : null;
  }

  aggregate(name?: unknown, given?: unknown): void {
    const connection = this.#opened();
    const options = given as Options;
    const { start } = options;
    if (start === undefined) {
      const types = "a function or a primitive value";
      throw invalidType(`The "options.start" argument must be ${types}.`);
    }
    const { step } = options;
    if (typeof step !== "function") {
      throw invalidType('The "options.step" argument must be a function.');
    }
    const { result } = options;
    const bigints = booleanOption(options, "useBigIntArguments") ?? false;
    const varargs = booleanOption(options, "varargs") ?? false;
    const directOnly = booleanOption(options, "directOnly") ?? false;
    const inverse = functionOption<Callable>(options, "inverse");
    // The group's value is the first argument of each.
    const most = Math.max(step.length - 1, (inverse ?? step).length - 1, 0);
    const { functions, library } = this.#shared;
    const { callbacks, c } = library;
    const flags = UTF8 | (directOnly ? DIRECT_ONLY : 0);
    const id = functions.add({
      ...{ connection, bigints, start, inverse },
      step: step as Callable,
      result: typeof result === "function" ? (result as Callable) : undefined,
    });
    const windows = inverse ? [callbacks.value, callbacks.inverse] : [0, 0];
    const created = library.withText(String(name), (text) =>
      c.sqlite3_create_window_function(
        ...[connection.pointer, text, varargs ? -1 : most, flags, id],
        ...[callbacks.step, callbacks.final, ...(windows as [number, number]), callbacks.destroy],
      ),
    );
    connection.check(created);
  }

  createSession(...args: unknown[]): Session {
    const options: Options = args.length > 0 ? optionsOf(args[0]) : {};
    const table = ownString(options, "table") ?? "";
    const name = ownString(options, "db") ?? "main";
    const connection = this.#opened();
    const { library, pointer } = connection;
    const session = library.withText(name, (text) =>
      library.withRoom(4, (to) => {
        connection.check(library.c.sqlite3session_create(pointer, text, to));
        return library.pointerAt(to);
      }),
    );
    const handle = { pointer: session };
    connection.sessions.add(handle);
    connection.check(
      library.withText(table, (text) =>
        library.c.sqlite3session_attach(session, table === "" ? 0 : text),
      ),
    );
    return makeSession(connection, handle);
  }

  applyChangeset(...args: unknown[]): boolean {
    return applyChangeset(this.#shared, this.#opened(), args);
  }

  enableLoadExtension(allow?: unknown): void {
    if (typeof allow !== "boolean") throw invalidType('The "allow" argument must be a boolean.');
    if (allow && !this.#options.allowExtension) {
      const why = "because it was disabled at database creation";
      throw invalidState(`Cannot enable extension loading ${why}.`);
    }
    this.#opened();
    this.#extensionsEnabled = allow;
  }

  loadExtension(path?: unknown): void {
    this.#opened();
    if (!this.#options.allowExtension || !this.#extensionsEnabled) {
      throw invalidState("extension loading is not allowed");
    }
    if (typeof path !== "string") throw invalidType('The "path" argument must be a string.');
    const why = "extensions are native code, and a machine runs none";
    throw codedError(Error, "ERR_LOAD_SQLITE_EXTENSION", `${path} cannot be loaded: ${why}`);
  }

  #opened(): Connection {
    if (!this.#connection.isOpen) throw invalidState("database is not open");
    return this.#connection;
  }

  #run(sql: string): void {
    const { library, pointer } = this.#connection;
    const { c } = library;
    this.#connection.check(library.withText(sql, (text) => c.sqlite3_exec(pointer, text, 0, 0, 0)));
  }

  #configure(option: number, value: boolean): void {
    const { library, pointer } = this.#connection;
    const result = library.c.sqlite3__wasm_db_config_ip(pointer, option, value ? 1 : 0, 0);
    this.#connection.check(result);
  }
}

function readOptions(options: Options): OpenOptions {
  return {
    readOnly: booleanOption(options, "readOnly") ?? false,
    foreignKeys: booleanOption(options, "enableForeignKeyConstraints") ?? true,
    doubleQuotedStrings: booleanOption(options, "enableDoubleQuotedStringLiterals") ?? false,
    allowExtension: booleanOption(options, "allowExtension") ?? false,
    timeout: integerOption(options, "timeout") ?? 0,
    statements: {
      readBigInts: booleanOption(options, "readBigInts") ?? false,
      returnArrays: booleanOption(options, "returnArrays") ?? false,
      allowBareNamedParameters: booleanOption(options, "allowBareNamedParameters") ?? true,
      allowUnknownNamedParameters: booleanOption(options, "allowUnknownNamedParameters") ?? false,
    },
  };
}

function ownString(options: Options, name: string): string | undefined {
  if (!isObject(options) || !Object.hasOwn(options, name)) return undefined;
  const value = options[name];
  if (typeof value === "string") return value;
  throw invalidType(`The "options.${name}" argument must be a string.`);
}

function end(shared: Shared, connection: Connection): void {
  if (connection.isOpen) connection.close();
  shared.open.delete(connection);
}
