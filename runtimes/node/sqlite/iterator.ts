/** What StatementSync.iterate() answers. */
import { asTemplate } from "./shapes.ts";

interface Source {
  /** The next row; undefined after the last. */
  next(): unknown;
  reset(): void;
  /** Throws where the statement is no more. */
  check(): void;
}

let made: Source | undefined;

export function makeIterator(source: Source): object {
  made = source;
  return new StatementSyncIterator();
}

class StatementSyncIterator {
  readonly #source = made as Source;
  #isDone = false;

  next(): object {
    this.#source.check();
    if (this.#isDone) return result(true, null);
    const row = this.#source.next();
    if (row !== undefined) return result(false, row);
    this.#source.reset();
    return result(true, null);
  }

  return(): object {
    this.#source.check();
    this.#source.reset();
    this.#isDone = true;
    return result(true, null);
  }
}

/** The language's own. */
const iterators = Object.getPrototypeOf(Object.getPrototypeOf([].values()));
Object.setPrototypeOf(StatementSyncIterator.prototype, iterators);
asTemplate(StatementSyncIterator.prototype);

function result(done: boolean, value: unknown): object {
  return { __proto__: null, done, value };
}
