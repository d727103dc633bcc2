/**
 * Makes a worker's global object a bare one of the language: lib/ adds Node's, and a program sees nothing
 * of the browser's.
 */
import { LANGUAGE } from "../confinement.ts";
import { installSharedMemory } from "./shared-memory.ts";

/** What V8 has that the specification of the language does not name. */
const ENGINE = new Set(["WebAssembly"]);

export function bareGlobals(scope: object): void {
  installSharedMemory(scope);
  for (let level = scope; level !== Object.prototype; level = Object.getPrototypeOf(level)) {
    for (const name of Reflect.ownKeys(level)) {
      if (level === scope && typeof name === "string" && (LANGUAGE.has(name) || ENGINE.has(name))) {
        continue;
      }
      if (!Reflect.deleteProperty(level, name)) hide(scope, name);
    }
  }
}

/** A constant that cannot be deleted: at least no loop over the global's names meets it. */
function hide(scope: object, name: PropertyKey): void {
  Reflect.defineProperty(scope, name, {
    value: undefined,
    writable: true,
    enumerable: false,
    configurable: true,
  });
}
