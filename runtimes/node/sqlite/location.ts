/** Where a database is: what a program may name it by, as the text that SQLite opens. */
import { codedError } from "../errors.ts";
import { decodeUtf8 } from "../text/units.ts";
import { invalidType } from "./errors.ts";
import { isObject } from "./options.ts";

export function locationOf(path: unknown, name: string): string {
  if (typeof path === "string" && !path.includes("\0")) return path;
  if (path instanceof Uint8Array) {
    if (!path.includes(0)) return decodeUtf8(path);
  } else if (isObject(path)) {
    const { href } = path as { href?: unknown };
    if (typeof href === "string" && !href.includes("\0")) {
      if (href.startsWith("file:")) return href;
      throw codedError(TypeError, "ERR_INVALID_URL_SCHEME", "The URL must be of scheme file:");
    }
  }
  const types = "a string, Uint8Array, or URL without null bytes";
  throw invalidType(`The "${name}" argument must be ${types}.`);
}
