/** Functions of SQLite's C interface that are called here: pointers and numbers, bigints of 64 bits. */

export interface CFunctions {
  __wasm_call_ctors(): void;
  sqlite3_initialize(): number;
  sqlite3_malloc(bytes: number): number;
  sqlite3_free(pointer: number): void;
  sqlite3_vfs_find(name: number): number;
  sqlite3_vfs_register(vfs: number, isDefault: number): number;

  sqlite3_open_v2(name: number, to: number, flags: number, vfs: number): number;
  sqlite3_close_v2(db: number): number;
  sqlite3_busy_timeout(db: number, milliseconds: number): number;
  sqlite3__wasm_db_config_ip(db: number, option: number, value: number, to: number): number;
  sqlite3_exec(db: number, sql: number, row: number, context: number, error: number): number;
  sqlite3_get_autocommit(db: number): number;
  sqlite3_db_filename(db: number, name: number): number;
  sqlite3_last_insert_rowid(db: number): bigint;
  sqlite3_changes64(db: number): bigint;
  sqlite3_errcode(db: number): number;
  sqlite3_extended_errcode(db: number): number;
  sqlite3_errmsg(db: number): number;
  sqlite3_errstr(code: number): number;

  sqlite3_prepare_v2(db: number, sql: number, bytes: number, to: number, rest: number): number;
  sqlite3_step(statement: number): number;
  sqlite3_reset(statement: number): number;
  sqlite3_finalize(statement: number): number;
  sqlite3_sql(statement: number): number;
  sqlite3_expanded_sql(statement: number): number;
  sqlite3_clear_bindings(statement: number): number;
  sqlite3_bind_parameter_count(statement: number): number;
  sqlite3_bind_parameter_name(statement: number, index: number): number;
  sqlite3_bind_parameter_index(statement: number, name: number): number;
  sqlite3_bind_double(statement: number, index: number, value: number): number;
  sqlite3_bind_int64(statement: number, index: number, value: bigint): number;
  sqlite3_bind_null(statement: number, index: number): number;
  sqlite3_bind_text: BindBytes;
  sqlite3_bind_blob: BindBytes;
  sqlite3_column_count(statement: number): number;
  sqlite3_column_name: OfColumn;
  sqlite3_column_origin_name: OfColumn;
  sqlite3_column_database_name: OfColumn;
  sqlite3_column_table_name: OfColumn;
  sqlite3_column_decltype: OfColumn;
  sqlite3_column_type: OfColumn;
  sqlite3_column_int64(statement: number, column: number): bigint;
  sqlite3_column_double: OfColumn;
  sqlite3_column_text: OfColumn;
  sqlite3_column_blob: OfColumn;
  sqlite3_column_bytes: OfColumn;

  sqlite3_create_function_v2: (
    ...args: [...NewFunction, call: number, step: number, final: number, destroy: number]
  ) => number;
  sqlite3_create_window_function: (
    ...args: [
      ...NewFunction,
      ...[step: number, final: number, value: number, inverse: number, destroy: number],
    ]
  ) => number;
  sqlite3_user_data(context: number): number;
  sqlite3_aggregate_context(context: number, bytes: number): number;
  sqlite3_value_type(value: number): number;
  sqlite3_value_int64(value: number): bigint;
  sqlite3_value_double(value: number): number;
  sqlite3_value_text(value: number): number;
  sqlite3_value_blob(value: number): number;
  sqlite3_value_bytes(value: number): number;
  sqlite3_result_null(context: number): void;
  sqlite3_result_double(context: number, value: number): void;
  sqlite3_result_int64(context: number, value: bigint): void;
  sqlite3_result_text(context: number, text: number, bytes: number, destroy: number): void;
  sqlite3_result_blob(context: number, blob: number, bytes: number, destroy: number): void;
  sqlite3_result_error(context: number, text: number, bytes: number): void;

  sqlite3session_create(db: number, name: number, to: number): number;
  sqlite3session_attach(session: number, table: number): number;
  sqlite3session_delete(session: number): void;
  sqlite3session_changeset(session: number, toBytes: number, to: number): number;
  sqlite3session_patchset(session: number, toBytes: number, to: number): number;
  sqlite3changeset_apply: (
    ...args: [
      ...[db: number, bytes: number, changeset: number],
      ...[filter: number, conflict: number, context: number],
    ]
  ) => number;

  sqlite3_backup_init(to: number, toName: number, from: number, fromName: number): number;
  sqlite3_backup_step(backup: number, pages: number): number;
  sqlite3_backup_finish(backup: number): number;
  sqlite3_backup_remaining(backup: number): number;
  sqlite3_backup_pagecount(backup: number): number;
}

type OfColumn = (statement: number, column: number) => number;
type BindBytes = (
  ...args: [statement: number, index: number, at: number, bytes: number, destroy: number]
) => number;
type NewFunction = [db: number, name: number, count: number, flags: number, id: number];
