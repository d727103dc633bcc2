/** Whether what a client says first is HTTP/1: a method that there is, and a space. */
import { HTTP_METHODS } from "../../runtimes/node/http/constants.ts";

const METHODS: ReadonlySet<string> = new Set(HTTP_METHODS);
const LONGEST = Math.max(...HTTP_METHODS.map(({ length }) => length));
const SPACE = 0x20;

/** Undefined: it cannot be told yet. */
export function looksLikeHttp(bytes: Uint8Array, isOver: boolean): boolean | undefined {
  const end = bytes.indexOf(SPACE);
  if (end >= 0) return METHODS.has(textOf(bytes.subarray(0, end)));
  const start = textOf(bytes);
  const isPossible = !isOver && start.length <= LONGEST;
  if (isPossible && HTTP_METHODS.some((method) => method.startsWith(start))) return undefined;
  return false;
}

function textOf(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes.subarray(0, LONGEST + 1));
}
