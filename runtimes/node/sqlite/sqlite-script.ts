/** The sqlite binding: a script of its own, compiled when a program first asks for it (lazy.ts). */
import type { Binding, Environment } from "../environment.ts";
import { codedError } from "../errors.ts";
import { backUp } from "./backup.ts";
import { CHANGESET_CONSTANTS, changesetCallbacks } from "./changesets.ts";
import { DatabaseSync, type Shared } from "./database.ts";
import { illegalConstructor, invalidType } from "./errors.ts";
import { Functions } from "./functions.ts";
import { Library } from "./library.ts";
import { functionOption, integerOption, isObject, optionsOf, stringOption } from "./options.ts";
import { Session } from "./session.ts";
import { asConstructor, asTemplate } from "./shapes.ts";
import { StatementSync } from "./statement.ts";

declare const register: (part: SqlitePart) => void;

export interface SqlitePart {
  /** `binary` is SQLite's WebAssembly module, asked for with the first database. */
  readonly sqliteBinding: (env: Environment, binary: () => Uint8Array) => Binding;
}

const PAGES_OF_A_TURN = 100;

register({
  sqliteBinding(env, binary) {
    let shared: Shared | undefined;
    const share = () => {
      shared ??= makeShared(env, binary(), () => shared as Shared);
      return shared;
    };
    for (const { prototype } of [DatabaseSync, StatementSync, Session]) asTemplate(prototype);
    illegal(Session);
    return {
      DatabaseSync: newDatabase(share),
      StatementSync: illegal(StatementSync),
      constants: { ...CHANGESET_CONSTANTS },
      backup: (...args: unknown[]) => backup(env, args),
    };
  },
});

function makeShared(env: Environment, binary: Uint8Array, later: () => Shared): Shared {
  const functions = new Functions((value) => env.engine.isPromise(value));
  const library: Library = new Library(env, binary, {
    ...functions.callbacks(() => library),
    ...changesetCallbacks(later),
  });
  const shared: Shared = { env, library, functions, open: new Set(), changes: {} };
  env.onExit(() => {
    for (const connection of shared.open) connection.close();
  });
  return shared;
}

/** Called without `new` it has an error of Node's own, which no class has. */
function newDatabase(share: () => Shared): unknown {
  return asConstructor(DatabaseSync, function construct(this: unknown, ...args: unknown[]): object {
    if (new.target) {
      return Reflect.construct(DatabaseSync, [share(), args], new.target) as object;
    }
    const message = "Cannot call constructor without `new`";
    throw codedError(TypeError, "ERR_CONSTRUCT_CALL_REQUIRED", message);
  });
}

/** A class for programs to see; they make none. */
function illegal(Class: { readonly prototype: object; readonly name: string }): unknown {
  return asConstructor(Class, function construct(): never {
    throw illegalConstructor();
  });
}

function backup(env: Environment, args: readonly unknown[]): Promise<number> {
  const [database, destination] = args;
  if (!isObject(database)) throw invalidType('The "sourceDb" argument must be an object.');
  const connection = DatabaseSync.connectionOf(database);
  if (typeof destination !== "string") {
    throw invalidType('The "destination" argument must be a string.');
  }
  const options = args.length > 2 ? optionsOf(args[2]) : {};
  const rate = integerOption(options, "rate") ?? PAGES_OF_A_TURN;
  const source = stringOption(options, "source") ?? "main";
  const target = stringOption(options, "target") ?? "main";
  const progress = functionOption<(of: object) => void>(options, "progress");
  return backUp(env, connection, { database, destination, source, target, rate, progress });
}
