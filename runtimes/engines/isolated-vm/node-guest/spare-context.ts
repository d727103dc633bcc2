/**
 * isolated-vm makes a context of its own in every isolate, where it only makes errors. It begins as the
 * snapshot's, with all of the Node layer in it, which is a quarter of an idle process. So each context of
 * the snapshot has a function that empties it, on a constructor that such an error leads to.
 */
import type { OwnIsolate } from "./v8-engine.ts";

const KEY = Symbol.for("isopod.release");
const { deleteProperty, ownKeys } = Reflect;

type Releasable = ErrorConstructor & { [KEY]?: () => void };

/** Text of a script that takes the function away from a context that a program gets. */
export const forgetRelease = `delete SyntaxError[Symbol.for(${JSON.stringify(KEY.description)})]`;

/** For the snapshot: what holds the layer in this context goes. */
export function makeReleasable(): void {
  (SyntaxError as unknown as Releasable)[KEY] = () => {
    deleteProperty(SyntaxError, KEY);
    deleteProperty(Error, "prepareStackTrace");
    const scope = globalThis;
    for (const name of ownKeys(scope)) deleteProperty(scope, name);
  };
}

export function keepContext(): void {
  deleteProperty(SyntaxError, KEY);
}

/** Empties isolated-vm's context. */
export function releaseSpare(isolate: OwnIsolate): void {
  try {
    // Nothing of a program's prototypes: see v8-engine.ts.
    const options = { __proto__: null, filename: "" };
    isolate.compileScriptSync("(", options);
  } catch (error) {
    ((error as Error).constructor as Releasable)[KEY]?.();
  }
}
