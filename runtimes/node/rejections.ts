/**
 * Rejections that nobody handles, for an engine that tells of them from outside and by a copy of the
 * reason alone: finds the reason itself again. Copying an error reads its stack, and V8 asks
 * `Error.prepareStackTrace` for one that was not read before; of those that were, the latest are kept.
 */
import { recentErrors } from "./stack-traces.ts";

/** What is left of a reason once it was copied. */
export interface CopiedReason {
  /** One that is no object. */
  readonly value?: unknown;
  readonly error?: { readonly name: string; readonly message: string; readonly stack: string };
}

const { apply, defineProperty, getOwnPropertyDescriptor } = Reflect;
const ErrorConstructor = Error;
const KEY = "prepareStackTrace";
/** What isolated-vm says of an object that has nothing of an error. */
const NO_ERROR = /^An object was thrown from supplied code within isolated-vm/;

export class ReasonFinder {
  #formatter: PropertyDescriptor | undefined;
  #found: unknown;

  /** From here on until `stop`, no program runs: only a reason may be copied. */
  start(): void {
    this.#found = undefined;
    this.#formatter = getOwnPropertyDescriptor(ErrorConstructor, KEY);
    defineProperty(ErrorConstructor, KEY, {
      value: (error: Error, trace: unknown[]) => this.#format(error, trace),
      writable: true,
      enumerable: false,
      configurable: true,
    });
  }

  stop(): void {
    if (this.#formatter) defineProperty(ErrorConstructor, KEY, this.#formatter);
    else Reflect.deleteProperty(ErrorConstructor, KEY);
  }

  /** The reason that `copy` was made of; an error like it where that is not to be had. */
  find(copy: CopiedReason): unknown {
    const { error } = copy;
    if (!error) return copy.value;
    if (this.#found !== undefined) return this.#found;
    for (const reference of recentErrors) {
      const known = reference.deref();
      if (known && isCopy(error, known)) return known;
    }
    return NO_ERROR.test(error.message) ? {} : remake(error);
  }

  #format(error: Error, trace: unknown[]): unknown {
    this.#found = error;
    const format = this.#formatter?.value as unknown;
    if (typeof format === "function") return apply(format, ErrorConstructor, [error, trace]);
    return [String(error), ...trace.map((frame) => `    at ${String(frame)}`)].join("\n");
  }
}

type ErrorCopy = NonNullable<CopiedReason["error"]>;

/** A copy has no lines above its stack, as lib/ writes them there of what could not be compiled. */
function isCopy(copy: ErrorCopy, known: Error): boolean {
  const stack = String(known.stack);
  if (copy.stack.startsWith(stack)) return true;
  const start = `${copy.name}: ${copy.message}\n    at `;
  return copy.stack.startsWith(start) && stack.endsWith(`\n\n${copy.stack}`);
}

function remake({ name, message, stack }: ErrorCopy): Error {
  const Class = (globalThis as Record<string, unknown>)[name] as ErrorConstructor | undefined;
  const isClass = typeof Class === "function" && Class.prototype instanceof Error;
  const error = isClass ? new Class(message) : new Error(message);
  defineProperty(error, "stack", {
    value: stack,
    writable: true,
    enumerable: false,
    configurable: true,
  });
  return error;
}
