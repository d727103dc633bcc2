/** An open database: SQLite's handle, and all that has to end before it does. */
import { connectionError } from "./errors.ts";
import { type Library, OK } from "./library.ts";

/** A statement of SQLite's; 0 once it is finalized. */
export interface Handle {
  pointer: number;
}

export interface Ending {
  end(): void;
}

export class Connection {
  readonly library: Library;
  pointer = 0;
  readonly statements = new Set<Handle>();
  readonly sessions = new Set<Handle>();
  readonly backups = new Set<Ending>();
  /** What a function threw that SQL called: SQLite's error says only that there was one. */
  thrown: { readonly reason: unknown } | undefined;

  constructor(library: Library) {
    this.library = library;
  }

  get isOpen(): boolean {
    return this.pointer !== 0;
  }

  /** Throws what went wrong, unless `result` is one of `expected`. */
  check(result: number | undefined, expected = OK): void {
    const { thrown } = this;
    if (thrown) {
      this.thrown = undefined;
      throw thrown.reason;
    }
    if (result !== expected) throw connectionError(this.library, this.pointer);
  }

  finalize(statement: Handle): void {
    if (!this.statements.delete(statement)) return;
    this.library.c.sqlite3_finalize(statement.pointer);
    statement.pointer = 0;
  }

  endSession(session: Handle): void {
    if (!this.sessions.delete(session)) return;
    this.library.c.sqlite3session_delete(session.pointer);
    session.pointer = 0;
  }

  close(): void {
    for (const backup of this.backups) backup.end();
    for (const statement of this.statements) this.finalize(statement);
    for (const session of this.sessions) this.endSession(session);
    this.check(this.library.c.sqlite3_close_v2(this.pointer));
    this.pointer = 0;
  }
}
