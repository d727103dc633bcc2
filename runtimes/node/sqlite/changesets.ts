/** Applies what a session recorded of another database. */
import type { Callbacks } from "./callbacks.ts";
import type { Connection } from "./connection.ts";
import type { Changes, Shared } from "./database.ts";
import { invalidType, resultError } from "./errors.ts";
import { OK } from "./library.ts";
import { functionOption, isInteger, type Options, optionsOf } from "./options.ts";

const ABORT_RESULT = 4;
const OMIT = 0;
const ABORT = 2;
const NO_ANSWER = -1;

export const CHANGESET_CONSTANTS = {
  SQLITE_CHANGESET_OMIT: OMIT,
  SQLITE_CHANGESET_REPLACE: 1,
  SQLITE_CHANGESET_ABORT: ABORT,
  SQLITE_CHANGESET_DATA: 1,
  SQLITE_CHANGESET_NOTFOUND: 2,
  SQLITE_CHANGESET_CONFLICT: 3,
  SQLITE_CHANGESET_CONSTRAINT: 4,
  SQLITE_CHANGESET_FOREIGN_KEY: 5,
};

/** False where a conflict ended it. */
export function applyChangeset(
  shared: Shared,
  connection: Connection,
  [changeset, given]: readonly unknown[],
): boolean {
  if (!(changeset instanceof Uint8Array)) {
    throw invalidType('The "changeset" argument must be a Uint8Array.');
  }
  const options: Options = given === undefined ? {} : optionsOf(given);
  const conflict = functionOption<(kind: number) => unknown>(options, "onConflict");
  const filter = Object.hasOwn(options, "filter")
    ? (options["filter"] as (table: string) => unknown)
    : undefined;
  if (Object.hasOwn(options, "filter") && typeof filter !== "function") {
    throw invalidType('The "options.filter" argument must be a function.');
  }
  const { library } = shared;
  const outer = shared.changes;
  const changes: Changes = { conflict, filter };
  shared.changes = changes;
  try {
    const { callbacks, c } = library;
    const result = library.withBytes(changeset, (at, size) =>
      c.sqlite3changeset_apply(
        ...[connection.pointer, size, at],
        ...[callbacks.filter, callbacks.conflict, 0],
      ),
    );
    if (changes.thrown) throw changes.thrown.reason;
    connection.check(OK);
    if (result === OK) return true;
    if (result === ABORT_RESULT) return false;
    throw resultError(library, result);
  } finally {
    shared.changes = outer;
  }
}

/** What C calls. */
export function changesetCallbacks(shared: () => Shared): Pick<Callbacks, "conflict" | "filter"> {
  const guarded = (otherwise: number, ask: (changes: Changes) => number): number => {
    const { changes } = shared();
    if (changes.thrown) return otherwise;
    try {
      return ask(changes);
    } catch (reason) {
      changes.thrown = { reason };
      return otherwise;
    }
  };
  return {
    conflict: (_, kind) =>
      guarded(ABORT, ({ conflict }) => {
        if (!conflict) return ABORT;
        const answer = Reflect.apply(conflict, null, [kind]);
        return isInteger(answer) ? answer : NO_ANSWER;
      }),
    filter: (_, table) =>
      guarded(OMIT, ({ filter }) => {
        if (!filter) return 1;
        return Reflect.apply(filter, null, [shared().library.text(table)]) ? 1 : 0;
      }),
  };
}
