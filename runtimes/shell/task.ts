/**
 * Work that mostly finishes at once and only sometimes has to wait. A function answers its value where
 * nothing waited, else a promise of it, so that a loop of builtins costs no turn of the event loop.
 */

export type MaybePromise<T> = T | Promise<T>;

/** Steps that yield the promises they need and are given what those resolve to. */
// biome-ignore lint/suspicious/noExplicitAny: what comes back is the type of the promise yielded.
export type Task<T> = Generator<Promise<unknown>, T, any>;

export function isPromise<T>(value: MaybePromise<T>): value is Promise<T> {
  return value instanceof Promise;
}

/** `use(value)`, now or when `value` is there. (A module that exports `then` cannot be imported: it is thenable.) */
export function chain<T, U>(
  value: MaybePromise<T>,
  use: (value: T) => MaybePromise<U>,
): MaybePromise<U> {
  return value instanceof Promise ? value.then(use) : use(value);
}

/** Runs `task` on the spot up to its first promise; from there on it is a promise itself. */
export function drive<T>(task: Task<T>): MaybePromise<T> {
  const step = task.next();
  return step.done ? step.value : finish(task, step.value);
}

async function finish<T>(task: Task<T>, first: Promise<unknown>): Promise<T> {
  for (let pending = first; ; ) {
    let failed = false;
    let result: unknown;
    try {
      result = await pending;
    } catch (reason) {
      failed = true;
      result = reason;
    }
    const step = failed ? task.throw(result) : task.next(result);
    if (step.done) return step.value;
    pending = step.value;
  }
}
