/** Threads as a guest's isolate sees them: functions of the kernel's side (../node-threads.ts). */
import type { ThreadSpec, Threads } from "../../../node/threads.ts";

/** isolated-vm itself, of which this much is used; it stays in here. */
export interface OwnLibrary {
  readonly ExternalCopy: new (value: object) => object;
}

/** Functions of the kernel's side, by the numbers that it knows them by. */
const Callback = { begin: 0, stop: 1, end: 2, shelve: 3, unshelve: 4, hold: 5 } as const;

type Lent = (...args: unknown[]) => unknown;
/** Lends one of them; a program that uses no threads needs none. */
export type LendCallback = (which: number) => Lent;

// A program may put another one in its place.
const { stringify } = JSON;

export class OwnThreads implements Threads {
  readonly self: ThreadSpec | undefined;
  readonly #library: OwnLibrary;
  readonly #lend: LendCallback;
  /** What was lent. It has no prototype, whose setters a program could hear of it by. */
  readonly #lent: Record<number, Lent | undefined> = { __proto__: null } as never;
  readonly #terminate: () => never;

  constructor(
    self: ThreadSpec | undefined,
    library: OwnLibrary,
    lend: LendCallback,
    terminate: () => never,
  ) {
    this.self = self;
    this.#library = library;
    this.#lend = lend;
    this.#terminate = terminate;
  }

  start(spec: ThreadSpec): void {
    this.#callback(Callback.begin)(stringify(spec));
  }

  stop(id: number): void {
    this.#callback(Callback.stop)(id);
  }

  end(code: number): never {
    this.#callback(Callback.end)(code);
    return this.#terminate();
  }

  hold(fd: number, on: boolean): void {
    this.#callback(Callback.hold)(fd, on);
  }

  shelve(object: object): number {
    return this.#callback(Callback.shelve)(new this.#library.ExternalCopy(object)) as number;
  }

  unshelve(id: number): object {
    const object = this.#callback(Callback.unshelve)(id) as object | undefined;
    if (!object) throw new Error("Unable to deserialize cloned data.");
    return object;
  }

  #callback(which: number): Lent {
    const lent = this.#lent[which];
    if (lent) return lent;
    const fresh = this.#lend(which);
    this.#lent[which] = fresh;
    return fresh;
  }
}
