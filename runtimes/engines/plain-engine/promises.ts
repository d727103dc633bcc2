/**
 * What a program may know of promises where the engine does not tell: which are settled, and a value that
 * follows asynchronous calls. `then` carries that value to its callbacks; `await`, which no function can
 * replace, asks a promise for its `constructor` first, and a reaction that is added right there runs
 * immediately before what awaits goes on.
 */
type Details = readonly [state: 0 | 1 | 2, result?: unknown];

const PENDING: Details = [0];
const FULFILLED = 1;
const REJECTED = 2;

export interface Promises {
  readonly continuation: { readonly get: () => unknown; readonly set: (value: unknown) => void };
  details(promise: object): Details;
  /** From elsewhere it is known that this one is rejected. */
  rejected(promise: object, reason: unknown): void;
  /** Will tell once it is fulfilled; for promises that never reject. */
  watch(promise: object): void;
  /** A task begins: nothing follows into it. */
  reset(): void;
}

/** Replaces methods of promises; before any program, and before lib/ takes its own copies of them. */
export function watchPromises(): Promises {
  const { apply } = Reflect;
  const { prototype } = Promise;
  const { then, finally: finally_ } = prototype;
  const { resolve, reject } = Promise;
  const settled = new WeakMap<object, Details>();
  let current: unknown;
  let isUsed = false;
  /** Above 0 where `constructor` is asked for by something else than `await`. */
  let quiet = 0;

  const carried = (callback: unknown): unknown => {
    if (typeof callback !== "function") return callback;
    const value = current;
    return (result: unknown) => {
      current = value;
      return apply(callback, undefined, [result]);
    };
  };
  const quietly = (method: unknown, self: unknown, args: unknown[]): unknown => {
    quiet++;
    try {
      return apply(method as () => unknown, self, args);
    } finally {
      quiet--;
    }
  };
  const note = (promise: unknown, details: Details): unknown => {
    settled.set(promise as object, details);
    return promise;
  };

  replace(prototype, {
    // biome-ignore lint/suspicious/noThenProperty: this is what carries the value
    then(this: unknown, fulfilled: unknown, rejected: unknown) {
      if (!isUsed) return apply(then, this as Promise<unknown>, [fulfilled, rejected] as never);
      return quietly(then, this, [carried(fulfilled), carried(rejected)]);
    },
    finally(this: unknown, callback: unknown) {
      return quietly(finally_, this, [callback]);
    },
  });
  replace(Promise, {
    resolve(this: unknown, value: unknown) {
      const promise = quietly(resolve, this, [value]);
      return isObject(value) ? promise : note(promise, [FULFILLED, value]);
    },
    reject(this: unknown, reason: unknown) {
      return note(apply(reject, this as never, [reason]), [REJECTED, reason]);
    },
  });

  /** Promises are slower from then on, so it is not done before a program needs it. */
  function beginToFollow(): void {
    isUsed = true;
    let shown: unknown = Promise;
    Object.defineProperty(prototype, "constructor", {
      get(this: object) {
        if (quiet === 0 && this !== prototype) follow(this);
        return shown;
      },
      set(this: object, value: unknown) {
        if (this === prototype) shown = value;
        else setOwn(this, "constructor", value, true);
      },
      enumerable: false,
      configurable: true,
    });
  }

  function follow(promise: object): void {
    const value = current;
    const restore = () => {
      current = value;
    };
    try {
      quietly(then, promise, [restore, restore]);
    } catch {
      // It only inherits from promises: nobody awaits it.
    }
  }

  showConstructorAsValue(prototype);
  return {
    continuation: {
      get: () => current,
      set(value) {
        current = value;
        if (!isUsed && value !== undefined) beginToFollow();
      },
    },
    details: (promise) => settled.get(promise) ?? PENDING,
    rejected: (promise, reason) => void settled.set(promise, [REJECTED, reason]),
    watch: (promise) => void quietly(then, promise, [() => note(promise, [FULFILLED, undefined])]),
    reset() {
      current = undefined;
    },
  };
}

const PLAIN = { writable: true, enumerable: false, configurable: true };

function replace(target: object, methods: Record<string, unknown>): void {
  for (const [name, value] of Object.entries(methods)) {
    setOwn(target, name, value, false);
  }
}

const { defineProperty } = Object;

/** Whatever a program adds to what all objects inherit. */
function setOwn(target: object, name: string, value: unknown, enumerable: boolean): void {
  const descriptor = { __proto__: null, writable: true, enumerable, configurable: true, value };
  defineProperty(target, name, descriptor as PropertyDescriptor);
}

function isObject(value: unknown): boolean {
  return (typeof value === "object" && value !== null) || typeof value === "function";
}

/** That the property has a getter by now is nobody's business: lib/ tells classes by its value. */
function showConstructorAsValue(prototype: object): void {
  const { getOwnPropertyDescriptor } = Object;
  const { getOwnPropertyDescriptor: reflect, apply } = Reflect;
  const shown = (target: object, name: PropertyKey, found: PropertyDescriptor | undefined) =>
    target === prototype && name === "constructor" && found?.get
      ? { ...PLAIN, value: apply(found.get, prototype, []) }
      : found;
  replace(Object, {
    getOwnPropertyDescriptor(target: object, name: PropertyKey) {
      return shown(target, name, getOwnPropertyDescriptor(target, name));
    },
  });
  replace(Reflect, {
    getOwnPropertyDescriptor(target: object, name: PropertyKey) {
      return shown(target, name, reflect(target, name));
    },
  });
}
