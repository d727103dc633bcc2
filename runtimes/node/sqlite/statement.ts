/** StatementSync: SQL that is compiled, and runs any number of times. */
import type { Connection, Handle } from "./connection.ts";
import { illegalConstructor, invalidState, invalidType, plainError } from "./errors.ts";
import { makeIterator } from "./iterator.ts";
import { DONE, ROW } from "./library.ts";
import { isObject } from "./options.ts";
import { bareNames } from "./parameters.ts";
import { ownGetters } from "./shapes.ts";
import { bindValue, columnValue } from "./values.ts";

export interface StatementOptions {
  readBigInts: boolean;
  returnArrays: boolean;
  allowBareNamedParameters: boolean;
  allowUnknownNamedParameters: boolean;
}

interface Parts {
  readonly connection: Connection;
  readonly handle: Handle;
  readonly options: StatementOptions;
  /** It lives as long as its statements. */
  readonly database: object;
}

type Row = Record<string, unknown> | unknown[];

let made: Parts | undefined;

/** Statements that programs dropped. */
const dropped = new FinalizationRegistry<() => void>((finalize) => finalize());

export function makeStatement(parts: Parts): StatementSync {
  made = parts;
  return new StatementSync();
}

export class StatementSync {
  readonly #parts: Parts;
  #bareNames: ReadonlyMap<string, string> | undefined;

  constructor() {
    if (!made) throw illegalConstructor();
    const parts = made;
    made = undefined;
    this.#parts = parts;
    const { connection, handle } = parts;
    dropped.register(this, () => connection.finalize(handle));
    ownGetters(this, StatementSync.#getters);
  }

  static readonly #getters = {
    sourceSQL(this: StatementSync) {
      const { library } = this.#parts.connection;
      return library.text(library.c.sqlite3_sql(this.#pointer()));
    },
    expandedSQL(this: StatementSync) {
      const { library } = this.#parts.connection;
      const text = library.c.sqlite3_expanded_sql(this.#pointer());
      if (text === 0) throw plainError("Expanded SQL text would exceed configured limits");
      const expanded = library.text(text);
      library.free(text);
      return expanded;
    },
  };

  iterate(...args: unknown[]): object {
    this.#begin(args);
    return makeIterator({
      check: () => void this.#pointer(),
      next: () => (this.#step() ? this.#row(this.#names()) : undefined),
      reset: () => this.#reset(),
    });
  }

  all(...args: unknown[]): Row[] {
    this.#begin(args);
    try {
      const rows: Row[] = [];
      if (!this.#step()) return rows;
      const names = this.#names();
      do rows.push(this.#row(names));
      while (this.#step());
      return rows;
    } finally {
      this.#reset();
    }
  }

  get(...args: unknown[]): Row | undefined {
    this.#begin(args);
    try {
      if (!this.#step() || this.#columnCount() === 0) return undefined;
      return this.#row(this.#names());
    } finally {
      this.#reset();
    }
  }

  run(...args: unknown[]): object {
    const statement = this.#begin(args);
    const { connection, options } = this.#parts;
    const { c } = connection.library;
    c.sqlite3_step(statement);
    connection.check(c.sqlite3_reset(statement));
    const row = c.sqlite3_last_insert_rowid(connection.pointer);
    const changes = c.sqlite3_changes64(connection.pointer);
    if (options.readBigInts) return { lastInsertRowid: row, changes };
    return { lastInsertRowid: Number(row), changes: Number(changes) };
  }

  columns(): object[] {
    const statement = this.#pointer();
    const { library } = this.#parts.connection;
    const { c } = library;
    const text = (pointer: number) => library.text(pointer) ?? null;
    return this.#columnNames().map((name, i) => ({
      __proto__: null,
      column: text(c.sqlite3_column_origin_name(statement, i)),
      database: text(c.sqlite3_column_database_name(statement, i)),
      name,
      table: text(c.sqlite3_column_table_name(statement, i)),
      type: text(c.sqlite3_column_decltype(statement, i)),
    }));
  }

  setAllowBareNamedParameters(enabled: unknown): void {
    this.#set("allowBareNamedParameters", enabled, "allowBareNamedParameters");
  }

  setAllowUnknownNamedParameters(enabled: unknown): void {
    this.#set("allowUnknownNamedParameters", enabled, "enabled");
  }

  setReadBigInts(enabled: unknown): void {
    this.#set("readBigInts", enabled, "readBigInts");
  }

  setReturnArrays(enabled: unknown): void {
    this.#set("returnArrays", enabled, "returnArrays");
  }

  #set(option: keyof StatementOptions, value: unknown, name: string): void {
    this.#pointer();
    if (typeof value !== "boolean") throw invalidType(`The "${name}" argument must be a boolean.`);
    this.#parts.options[option] = value;
  }

  #pointer(): number {
    const { pointer } = this.#parts.handle;
    if (pointer === 0) throw invalidState("statement has been finalized");
    return pointer;
  }

  /** Binds what the statement is run with. */
  #begin(args: readonly unknown[]): number {
    const statement = this.#pointer();
    const { connection } = this.#parts;
    const { c } = connection.library;
    connection.check(c.sqlite3_reset(statement));
    connection.check(c.sqlite3_clear_bindings(statement));
    const [first] = args;
    const isNamed = isObject(first) && !ArrayBuffer.isView(first);
    if (isNamed) this.#bindNamed(statement, first as Record<string, unknown>);
    let index = 1;
    for (let i = isNamed ? 1 : 0; i < args.length; i++) {
      while (c.sqlite3_bind_parameter_name(statement, index) !== 0) index++;
      this.#bind(statement, index++, args[i]);
    }
    return statement;
  }

  #bindNamed(statement: number, values: Record<string, unknown>): void {
    const { connection, options } = this.#parts;
    const { library } = connection;
    if (options.allowBareNamedParameters) this.#bareNames ??= bareNames(library, statement);
    const find = (name: string) =>
      library.withPassingText(name, (text) =>
        library.c.sqlite3_bind_parameter_index(statement, text),
      );
    for (const key of Object.keys(values)) {
      const full = options.allowBareNamedParameters ? this.#bareNames?.get(key) : undefined;
      const index = find(key) || (full === undefined ? 0 : find(full));
      if (index > 0) this.#bind(statement, index, values[key]);
      else if (!options.allowUnknownNamedParameters) {
        throw invalidState(`Unknown named parameter '${key}'`);
      }
    }
  }

  #bind(statement: number, index: number, value: unknown): void {
    const { connection } = this.#parts;
    connection.check(bindValue(connection.library, statement, index, value));
  }

  /** True where there is a row. */
  #step(): boolean {
    const { connection } = this.#parts;
    const result = connection.library.c.sqlite3_step(this.#pointer());
    if (result === ROW && !connection.thrown) return true;
    connection.check(result, DONE);
    return false;
  }

  #reset(): void {
    const { connection, handle } = this.#parts;
    if (handle.pointer !== 0) connection.library.c.sqlite3_reset(handle.pointer);
  }

  #columnCount(): number {
    return this.#parts.connection.library.c.sqlite3_column_count(this.#pointer());
  }

  /** What rows' values are called; undefined where rows are arrays. */
  #names(): string[] | undefined {
    return this.#parts.options.returnArrays ? undefined : this.#columnNames();
  }

  #columnNames(): string[] {
    const statement = this.#pointer();
    const { library } = this.#parts.connection;
    return Array.from({ length: this.#columnCount() }, (_, i) => {
      const name = library.text(library.c.sqlite3_column_name(statement, i));
      if (name === undefined) throw invalidState(`Cannot get name of column ${i}`);
      return name;
    });
  }

  #row(names: readonly string[] | undefined): Row {
    const statement = this.#pointer();
    const { connection, options } = this.#parts;
    const value = (i: number) => columnValue(connection.library, statement, i, options.readBigInts);
    if (!names) return Array.from({ length: this.#columnCount() }, (_, i) => value(i));
    const row = Object.create(null) as Record<string, unknown>;
    for (let i = 0; i < names.length; i++) row[names[i] as string] = value(i);
    return row;
  }
}
