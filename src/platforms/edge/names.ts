/**
 * Names of machines at the edge, which are the names of their Durable Objects. A fork is another object,
 * named after the machine that it began as, so that whoever may use that one may use it too.
 */
import { isMachineName } from "../../remote/protocol.ts";

/** 130 random bits. */
const LETTERS = "abcdefghijklmnopqrstuvwxyz234567";
const LENGTH = 26;
const UNGUESSABLE = /^[a-z2-7]{26}$/;

/** No client chooses a name with this in it. */
const FORK = ".fork.";

export function newName(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(LENGTH));
  return Array.from(bytes, (byte) => LETTERS[byte & 31]).join("");
}

/** One that nobody finds by trying, or a fork of one. */
export function isUnguessable(name: string): boolean {
  return UNGUESSABLE.test(lineOf(name)[0] as string);
}

export function isFork(name: string): boolean {
  return name.includes(FORK);
}

/** A name for a fork of `parent`; undefined: `wanted` is none. */
export function forkName(parent: string, wanted: string | undefined): string | undefined {
  const name = wanted ?? `${parent}${FORK}${newName()}`;
  return name.startsWith(`${parent}${FORK}`) && isMachineName(name) ? name : undefined;
}

/** The machine that the line of forks began with, each fork on the way, and `name` itself. */
export function lineOf(name: string): string[] {
  const line: string[] = [];
  for (let at = name.indexOf(FORK); at >= 0; at = name.indexOf(FORK, at + 1)) {
    line.push(name.slice(0, at));
  }
  return [...line, name];
}
