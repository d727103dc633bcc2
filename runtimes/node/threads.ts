/** What an engine does for worker_threads: more isolates of one process, which share its descriptors. */

import { refused } from "./errors.ts";

export interface ThreadSpec {
  readonly id: number;
  readonly name: string;
  /** Descriptors of the thread's end of the port to its parent, and of where its end is told. */
  readonly portFd: number;
  readonly statusFd: number;
  readonly argv: readonly string[];
  readonly envp: readonly string[];
  /** Megabytes; 0: the process's own. */
  readonly heapMegabytes: number;
  readonly isInternal: boolean;
}

/** What is written to `statusFd` when a thread has ended, as JSON in a line. */
export interface ThreadStatus {
  readonly code: number;
  /** Name of Node's error where it was ended from outside. */
  readonly error?: string;
  readonly reason?: string;
}

export interface Threads {
  /** This thread; undefined in the main one. */
  readonly self: ThreadSpec | undefined;
  start(spec: ThreadSpec): void;
  stop(id: number): void;
  /** Ends this thread. Nothing of it runs after it. */
  end(code: number): never;
  /** Says that this thread has a descriptor which is closed with it, or has it no longer. */
  hold(fd: number, on: boolean): void;
  /** Keeps what has no bytes for another thread; its number. */
  shelve(object: object): number;
  unshelve(id: number): object;
}

/** Where an engine has no threads: a program that makes one is told so. */
export const noThreads: Threads = {
  self: undefined,
  start: refuse,
  stop: refuse,
  end: refuse,
  hold: refuse,
  shelve: refuse,
  unshelve: refuse,
};

function refuse(): never {
  throw refused("worker_threads", "this host runs a program in one thread");
}
