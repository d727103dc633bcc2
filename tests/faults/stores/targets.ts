/** The stores that the crash suite knows, by name. */
import type { CrashTarget } from "./crash-target.ts";
import { directoryTarget } from "./directory.ts";
import { durableObjectTarget } from "./durable-object.ts";
import { indexedDbTarget } from "./indexed-db.ts";

export const TARGETS: Readonly<Record<string, () => Promise<CrashTarget>>> = {
  directory: directoryTarget,
  "indexed-db": indexedDbTarget,
  "durable-object": durableObjectTarget,
};
