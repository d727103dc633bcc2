/**
 * Data on its way between a guest and the embedder's functions. What comes in is text until it is checked
 * here: bounded, no deeper than anybody nests, and without the names by which careless copying would
 * reach an object's prototype.
 */
import { INPUT_MAX, RESULT_MAX } from "../../runtimes/programs/tools/frames.ts";

/** Why it is refused, for the agent. */
export class DataError extends Error {}

export const DEPTH_MAX = 100;

export function parseData(text: string): unknown {
  if (text.length > INPUT_MAX) throw new DataError(`it has more than ${INPUT_MAX} characters`);
  if (isDeep(text)) throw new DataError(`it is nested more than ${DEPTH_MAX} levels deep`);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (reason) {
    throw new DataError(`it is no JSON: ${(reason as Error).message}`);
  }
  checkNames(value);
  return value;
}

/** JSON of what a tool gave back; undefined for undefined. */
export function formatData(value: unknown): string {
  const text = stringify(value);
  if (text.length > RESULT_MAX) {
    throw new DataError(`it has more than ${RESULT_MAX} characters; stream it instead`);
  }
  return text;
}

function stringify(value: unknown): string {
  try {
    return JSON.stringify(value, onlyData) as string;
  } catch (reason) {
    if (reason instanceof DataError) throw reason;
    if (reason instanceof RangeError) throw new DataError("it is nested too deeply");
    // V8 draws the cycle on lines of their own.
    throw new DataError((reason as Error).message.split("\n", 1)[0] ?? "");
  }
}

/** JSON.stringify leaves out in silence what it cannot say. */
function onlyData(name: string, value: unknown): unknown {
  const what = name === "" ? "it is" : `${JSON.stringify(name)} is`;
  if (typeof value === "function") throw new DataError(`${what} a function`);
  if (typeof value === "symbol") throw new DataError(`${what} a symbol`);
  if (value instanceof Map) throw new DataError(`${what} a Map`);
  if (value instanceof Set) throw new DataError(`${what} a Set`);
  return value;
}

/** Without parsing it: brackets outside of strings. */
function isDeep(text: string): boolean {
  let depth = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === QUOTE) {
      i = endOfString(text, i);
    } else if (code === OPEN_BRACKET || code === OPEN_BRACE) {
      if (++depth > DEPTH_MAX) return true;
    } else if (code === CLOSE_BRACKET || code === CLOSE_BRACE) depth--;
  }
  return false;
}

function endOfString(text: string, start: number): number {
  for (let i = start + 1; ; i++) {
    i = text.indexOf('"', i);
    if (i < 0) return text.length;
    let slashes = 0;
    while (text.charCodeAt(i - 1 - slashes) === BACKSLASH) slashes++;
    if (slashes % 2 === 0) return i;
  }
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

function checkNames(value: unknown): void {
  if (typeof value !== "object" || value === null) return;
  if (Array.isArray(value)) {
    for (const item of value) checkNames(item);
    return;
  }
  for (const [name, own] of Object.entries(value)) {
    const reaches =
      name === "__proto__" ||
      (name === "constructor" &&
        typeof own === "object" &&
        own !== null &&
        Object.hasOwn(own, "prototype"));
    if (reaches)
      throw new DataError(`${JSON.stringify(name)} is not a name that a property may have`);
    checkNames(own);
  }
}
