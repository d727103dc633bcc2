/** `directoryStore()`: machines kept in a directory of Node's host. */
import { resolve } from "node:path";
import { text } from "./check.ts";
import type { Store } from "./stores.ts";

/** A directory, made where it is missing; it may hold nothing else. */
export function directoryStore(path: string): Store {
  const where = "directoryStore";
  return { type: "directory", path: resolve(text({ where, name: "path" }, path)) };
}
