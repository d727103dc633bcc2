/** Threads as a guest's isolate sees them: functions of the kernel's side (../node-threads.ts). */
import type { ThreadSpec, Threads } from "../../../node/threads.ts";

/** isolated-vm itself, of which this much is used; it stays in here. */
export interface OwnLibrary {
  readonly ExternalCopy: new (value: object) => object;
}

export type ThreadCallbacks = readonly [
  begin: (spec: string) => void,
  stop: (id: number) => void,
  end: (code: number) => void,
  shelve: (copy: object) => number,
  unshelve: (number: number) => object | undefined,
  hold: (fd: number, on: boolean) => void,
];

// A program may put another one in its place.
const { stringify } = JSON;

export class OwnThreads implements Threads {
  readonly self: ThreadSpec | undefined;
  readonly #library: OwnLibrary;
  readonly #callbacks: ThreadCallbacks;
  readonly #terminate: () => never;

  constructor(
    self: ThreadSpec | undefined,
    library: OwnLibrary,
    callbacks: ThreadCallbacks,
    terminate: () => never,
  ) {
    this.self = self;
    this.#library = library;
    this.#callbacks = callbacks;
    this.#terminate = terminate;
  }

  start(spec: ThreadSpec): void {
    this.#callbacks[0](stringify(spec));
  }

  stop(id: number): void {
    this.#callbacks[1](id);
  }

  end(code: number): never {
    this.#callbacks[2](code);
    return this.#terminate();
  }

  hold(fd: number, on: boolean): void {
    this.#callbacks[5](fd, on);
  }

  shelve(object: object): number {
    return this.#callbacks[3](new this.#library.ExternalCopy(object));
  }

  unshelve(id: number): object {
    const object = this.#callbacks[4](id);
    if (!object) throw new Error("Unable to deserialize cloned data.");
    return object;
  }
}
