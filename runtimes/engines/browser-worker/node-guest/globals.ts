/**
 * Makes a worker's global object a bare one of the language: lib/ adds Node's, and a program sees nothing
 * of the browser's.
 */
import { LANGUAGE } from "../confinement.ts";

/** What V8 has that the specification of the language does not name. */
const ENGINE = new Set(["WebAssembly"]);

export function bareGlobals(scope: object): void {
  shareMemory(scope);
  for (let level = scope; level !== Object.prototype; level = Object.getPrototypeOf(level)) {
    for (const name of Reflect.ownKeys(level)) {
      if (level === scope && typeof name === "string" && (LANGUAGE.has(name) || ENGINE.has(name))) {
        continue;
      }
      Reflect.deleteProperty(level, name);
    }
  }
}

/** A browser may hide the constructor from a worker that has such memory all the same. */
function shareMemory(scope: object): void {
  if ("SharedArrayBuffer" in scope) return;
  const memory = new WebAssembly.Memory({ initial: 0, maximum: 0, shared: true });
  Object.defineProperty(scope, "SharedArrayBuffer", {
    value: memory.buffer.constructor,
    writable: true,
    configurable: true,
  });
}
