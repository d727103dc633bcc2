/**
 * What the next process of a machine need not do again: V8's compiled code of large scripts, and notes of
 * what was found out about sources. Code is made by V8 and goes back to V8 as it is; no program can read
 * or change either, or name another machine's.
 */
import ivm from "isolated-vm";
import { callback } from "./callback.ts";

type Code = ivm.ExternalCopy<ArrayBuffer>;

/** Scripts of one machine that are kept; each holds about as many bytes as its source has characters. */
const SCRIPTS_MAX = 64;
/** Characters of their sources together. */
const SOURCES_MAX = 32 << 20;
/** Characters of one machine's notes. */
const NOTES_MAX = 32 << 20;

export class CodeCache {
  readonly #callbacks = new WeakMap<object, readonly ivm.Callback[]>();

  /** The functions that all guests of `machine` get. */
  callbacks(machine: object): readonly ivm.Callback[] {
    const known = this.#callbacks.get(machine);
    if (known) return known;
    const callbacks = makeCallbacks();
    this.#callbacks.set(machine, callbacks);
    return callbacks;
  }
}

function makeCallbacks(): readonly ivm.Callback[] {
  const scripts = new Map<string, Code>();
  const notes = new Notes();
  return [
    callback((key: string) => scripts.get(key)),
    callback((key: string, code: unknown) => {
      if (typeof key === "string" && code instanceof ivm.ExternalCopy) {
        put(scripts, key, code as Code);
      }
    }),
    callback((key: string) => notes.get(key)),
    callback((key: string, note: unknown) => {
      if (typeof key === "string" && typeof note === "string") notes.put(key, note);
    }),
  ];
}

/** The oldest go. */
function put(scripts: Map<string, Code>, key: string, code: Code): void {
  if (!(sourceLength(key) <= SOURCES_MAX)) return;
  scripts.delete(key);
  scripts.set(key, code);
  let sum = 0;
  for (const kept of scripts.keys()) sum += sourceLength(kept);
  for (const oldest of scripts.keys()) {
    if (scripts.size <= SCRIPTS_MAX && sum <= SOURCES_MAX) break;
    scripts.delete(oldest);
    sum -= sourceLength(oldest);
  }
}

/** Keys begin with it: see node-guest/v8-engine.ts. */
function sourceLength(key: string): number {
  return Number.parseInt(key, 10);
}

/** Strings by key up to a sum of their lengths; the oldest go. */
class Notes {
  readonly #notes = new Map<string, string>();
  #size = 0;

  get(key: string): string | undefined {
    return this.#notes.get(key);
  }

  put(key: string, note: string): void {
    if (note.length + key.length > NOTES_MAX) return;
    this.#drop(key);
    this.#notes.set(key, note);
    this.#size += key.length + note.length;
    for (const oldest of this.#notes.keys()) {
      if (this.#size <= NOTES_MAX) break;
      this.#drop(oldest);
    }
  }

  #drop(key: string): void {
    const note = this.#notes.get(key);
    if (note === undefined) return;
    this.#notes.delete(key);
    this.#size -= key.length + note.length;
  }
}
