/** Session: records changes of a database, as a changeset that another one can apply. */
import type { Connection, Handle } from "./connection.ts";
import { illegalConstructor, invalidState } from "./errors.ts";

interface Parts {
  readonly connection: Connection;
  readonly handle: Handle;
}

let made: Parts | undefined;
/** Sessions that programs dropped. */
const dropped = new FinalizationRegistry<() => void>((end) => end());

export function makeSession(connection: Connection, handle: Handle): Session {
  made = { connection, handle };
  return new Session();
}

export class Session {
  readonly #parts: Parts;

  constructor() {
    if (!made) throw illegalConstructor();
    const parts = made;
    made = undefined;
    this.#parts = parts;
    dropped.register(this, () => parts.connection.endSession(parts.handle));
  }

  changeset(): Uint8Array {
    return this.#changes("sqlite3session_changeset");
  }

  patchset(): Uint8Array {
    return this.#changes("sqlite3session_patchset");
  }

  close(): void {
    this.#pointer();
    this.#parts.connection.endSession(this.#parts.handle);
  }

  #pointer(): number {
    const { connection, handle } = this.#parts;
    if (!connection.isOpen) throw invalidState("database is not open");
    if (handle.pointer === 0) throw invalidState("session is not open");
    return handle.pointer;
  }

  #changes(call: "sqlite3session_changeset" | "sqlite3session_patchset"): Uint8Array {
    const session = this.#pointer();
    const { connection } = this.#parts;
    const { library } = connection;
    return library.withRoom(8, (to) => {
      connection.check(library.c[call](session, to, to + 4));
      const at = library.pointerAt(to + 4);
      const changes = library.bytes.slice(at, at + library.pointerAt(to));
      library.free(at);
      return changes;
    });
  }
}
