/** backup(): copies a database into another file, some pages at each turn of the event loop. */
import type { Environment } from "../environment.ts";
import type { Connection, Ending } from "./connection.ts";
import { connectionError, resultError, textOf } from "./errors.ts";
import { DONE, type Library, OK } from "./library.ts";

export interface BackupJob {
  /** It lives as long as the copying takes. */
  readonly database: object;
  readonly destination: string;
  /** Names of the databases. */
  readonly source: string;
  readonly target: string;
  /** Pages of one turn. */
  readonly rate: number;
  readonly progress: ((of: object) => void) | undefined;
}

const READ_WRITE = 2;
const CREATE = 4;
const BUSY = 5;
const LOCKED = 6;

interface Settle {
  resolve(pages: number): void;
  reject(reason: unknown): void;
}

export function backUp(env: Environment, from: Connection, job: BackupJob): Promise<number> {
  return new Promise((resolve, reject) => new Backup(env, from, job, { resolve, reject }).start());
}

class Backup implements Ending {
  readonly #env: Environment;
  readonly #from: Connection;
  readonly #library: Library;
  readonly #job: BackupJob;
  readonly #settle: Settle;
  #to = 0;
  #backup = 0;

  constructor(env: Environment, from: Connection, job: BackupJob, settle: Settle) {
    this.#env = env;
    this.#from = from;
    this.#library = from.library;
    this.#job = job;
    this.#settle = settle;
    from.backups.add(this);
  }

  start(): void {
    const { c } = this.#library;
    const opened = this.#library.withText(this.#job.destination, (name) =>
      this.#library.withRoom(4, (to) => {
        const result = c.sqlite3_open_v2(name, to, READ_WRITE | CREATE, 0);
        this.#to = this.#library.pointerAt(to);
        return result;
      }),
    );
    if (opened === OK) {
      const { source, target } = this.#job;
      this.#backup = this.#library.withText(target, (to) =>
        this.#library.withText(source, (from) =>
          c.sqlite3_backup_init(this.#to, to, this.#from.pointer, from),
        ),
      );
    }
    if (this.#backup === 0) this.#fail(connectionError(this.#library, this.#to));
    else this.#next();
  }

  end(): void {
    const { c } = this.#library;
    this.#from.backups.delete(this);
    if (this.#backup !== 0) c.sqlite3_backup_finish(this.#backup);
    if (this.#to !== 0) c.sqlite3_close_v2(this.#to);
    this.#backup = 0;
    this.#to = 0;
  }

  #next(): void {
    this.#env.loop.request(() => {
      // Its database was closed meanwhile: nobody is told, as in Node.
      if (this.#backup === 0) return;
      this.#env.runCallback(undefined, 0, () => this.#step());
    });
  }

  #step(): void {
    const { c } = this.#library;
    const result = c.sqlite3_backup_step(this.#backup, this.#job.rate);
    if (result !== OK && result !== DONE && result !== BUSY && result !== LOCKED) {
      const error = resultError(this.#library, result);
      this.#fail(Object.assign(error, { errstr: textOf(this.#library, result) }));
      return;
    }
    const totalPages = c.sqlite3_backup_pagecount(this.#backup);
    const remainingPages = c.sqlite3_backup_remaining(this.#backup);
    if (remainingPages !== 0) {
      try {
        const { progress } = this.#job;
        if (progress) Reflect.apply(progress, null, [{ totalPages, remainingPages }]);
      } catch (reason) {
        this.#fail(reason);
        return;
      }
      this.#next();
    } else if (result !== DONE) this.#fail(connectionError(this.#library, this.#to));
    else {
      this.end();
      this.#settle.resolve(totalPages);
    }
  }

  #fail(reason: unknown): void {
    this.end();
    this.#settle.reject(reason);
  }
}
