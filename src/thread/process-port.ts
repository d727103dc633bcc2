/** The channel between a process and the child that has its kernel, as a port, at both ends. */
import type { ChildProcess } from "node:child_process";
import { writeFileSync } from "node:fs";
import { setFlagsFromString } from "node:v8";
import type { FarPort } from "./far-thread.ts";
import type { NodePort } from "./node-endpoint.ts";

/** That a message did not arrive is heard by the end of the channel. */
const nothing = () => {};

export function portToChild(child: ChildProcess): FarPort {
  const turns = new Turns((listener) => child.on("message", listener));
  // Its output has to be read to the end, too, before its end is told.
  const stderr = child.stderr as unknown as { ref(): void; unref(): void } | null;
  return {
    postMessage: (message) => void child.send(message as never, nothing),
    on: (_event, listener) => turns.on(listener),
    off: (_event, listener) => turns.off(listener),
    ref() {
      for (const handle of [child, child.channel, stderr]) handle?.ref();
    },
    unref() {
      for (const handle of [child, child.channel, stderr]) handle?.unref();
    },
  };
}

export function portToParent(): NodePort {
  const turns = new Turns((listener) => process.on("message", listener));
  return {
    postMessage: (message) => void process.send?.(message, undefined, undefined, nothing),
    on: (_event, listener) => turns.on(listener),
    off: (_event, listener) => turns.off(listener),
  };
}

type Listener = (message: unknown) => void;

/**
 * Messages one by one. A channel hands over all that it has read in a row; what a call begins and what ends it
 * would overtake each other, unless promises settle between the two as they do between a port's messages.
 */
class Turns {
  readonly #listeners = new Set<Listener>();
  readonly #waiting: unknown[] = [];
  #busy = false;

  constructor(listen: (listener: Listener) => void) {
    listen((message) => {
      this.#waiting.push(message);
      if (!this.#busy) this.#next();
    });
  }

  on(listener: Listener): void {
    this.#listeners.add(listener);
  }

  off(listener: Listener): void {
    this.#listeners.delete(listener);
  }

  #next(): void {
    this.#busy = this.#waiting.length > 0;
    if (!this.#busy) return;
    const message = this.#waiting.shift();
    // A tick that a microtask asks for comes when no microtask is left.
    queueMicrotask(() => process.nextTick(() => this.#next()));
    for (const listener of this.#listeners) listener(message);
  }
}

/** What a terminal or a service manager sends to all processes of a group is the parent's to answer. */
const SIGNALS_OF_GROUPS = ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"] as const;

/** As much as browsers' renderers have: where memory runs out, the child goes before its parent. */
const OOM_SCORE = "300";

/** To be called first in the child. */
export function belongToParent(): void {
  // Guests' isolates are made later, and are not to have the bound that our own heap began with.
  setFlagsFromString("--max-semi-space-size=0");
  for (const signal of SIGNALS_OF_GROUPS) process.on(signal, nothing);
  // Nobody may be there to read.
  process.stderr.on("error", nothing);
  try {
    writeFileSync("/proc/self/oom_score_adj", OOM_SCORE);
  } catch {
    // Elsewhere than on Linux, or somebody set it higher already.
  }
}
