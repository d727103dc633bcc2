/**
 * What lib/ takes for granted and QuickJS lacks. There is one thread, so an atomic operation is a plain
 * one, and nobody ever wakes who waits.
 */
type Elements = { [index: number]: never };

const plain =
  (change: (old: never, value: never) => unknown) =>
  (array: Elements, index: number, value: never): never => {
    const old = array[index] as never;
    array[index] = change(old, value) as never;
    return old;
  };

const LACKING: Record<string, unknown> = {
  Atomics: {
    load: (array: Elements, index: number) => array[index],
    store(array: Elements, index: number, value: never) {
      array[index] = value;
      return value;
    },
    add: plain((old: number, value: number) => old + value),
    sub: plain((old: number, value: number) => old - value),
    and: plain((old: number, value: number) => old & value),
    or: plain((old: number, value: number) => old | value),
    xor: plain((old: number, value: number) => old ^ value),
    exchange: plain((_, value) => value),
    compareExchange(array: Elements, index: number, expected: never, value: never) {
      const old = array[index];
      if (old === expected) array[index] = value;
      return old;
    },
    isLockFree: () => true,
    notify: () => 0,
    wait(array: Elements, index: number, value: never) {
      return array[index] === value ? "timed-out" : "not-equal";
    },
  },
};

for (const [name, value] of Object.entries(LACKING)) {
  if (name in globalThis) continue;
  Object.defineProperty(globalThis, name, { value, writable: true, configurable: true });
}

const { asUintN } = BigInt;

/** QuickJS's own answers a negative number where `bits` is a multiple of 32 and the highest of them is set. */
const mended = {
  asUintN(bits: number, value: bigint): bigint {
    const found = asUintN(bits, value);
    return found < 0n ? found + (1n << BigInt(bits)) : found;
  },
};
Object.defineProperty(BigInt, "asUintN", {
  value: mended.asUintN,
  writable: true,
  enumerable: false,
  configurable: true,
});

const errors = Error as unknown as Record<string, unknown>;
errors["stackTraceLimit"] ??= 10;
errors["captureStackTrace"] = (target: object, above?: { readonly name?: string }): void => {
  const lines = framesOf(String(new Native().stack));
  const from = above?.name ? lines.findIndex((line) => line.includes(`at ${above.name} (`)) : -1;
  setStack(target, lines.slice(from + 1));
};

const Native = Error;
const { construct, getPrototypeOf } = Reflect;
const { defineProperty } = Object;
const errorToString = Error.prototype.toString;
const objectToString = Object.prototype.toString;

/** Without the Node layer's own, and what the engine's built-in functions have. */
function framesOf(stack: string): string[] {
  return stack
    .split("\n")
    .filter((line) => /^ *at /.test(line) && !/\((?:isopod:|native\))/.test(line));
}

function setStack(target: object, frames: readonly string[]): void {
  const value = [errorToString.call(target), ...frames].join("\n");
  // Whatever a program adds to what all objects inherit.
  const descriptor = {
    __proto__: null,
    value,
    writable: true,
    enumerable: false,
    configurable: true,
  };
  defineProperty(target, "stack", descriptor as PropertyDescriptor);
}

/** QuickJS's stacks are frames alone; V8's begin with what the error says. */
export function headStack(error: unknown): void {
  if (!isError(error) || !Object.hasOwn(error, "stack")) return;
  const stack = String(error.stack);
  if (stack === "" || /^ *at /.test(stack)) setStack(error, framesOf(stack));
}

/** Of whichever context. */
function isError(value: unknown): value is Error {
  return value instanceof Native || objectToString.call(value) === "[object Error]";
}

/** Errors that programs make say it from the start; those that the engine throws, when nobody catches them. */
function headStacksOf(name: string): void {
  const scope = globalThis as unknown as Record<string, ErrorConstructor>;
  const Original = scope[name] as ErrorConstructor;
  const { prototype } = Original;
  const Headed = function (this: unknown, ...args: unknown[]): Error {
    const error = construct(Original, args, new.target ?? Headed) as Error;
    headStack(error);
    return error;
  } as unknown as ErrorConstructor;
  for (const key of Reflect.ownKeys(Original)) {
    const descriptor = Object.getOwnPropertyDescriptor(Original, key) as PropertyDescriptor;
    defineProperty(Headed, key, descriptor);
  }
  Object.setPrototypeOf(
    Headed,
    name === "Error" ? getPrototypeOf(Original) : (scope["Error"] as object),
  );
  defineProperty(prototype, "constructor", {
    value: Headed,
    writable: true,
    enumerable: false,
    configurable: true,
  });
  scope[name] = Headed;
}

for (const name of ["Error", "TypeError", "RangeError", "SyntaxError", "ReferenceError"]) {
  headStacksOf(name);
}
for (const name of ["EvalError", "URIError", "AggregateError"]) headStacksOf(name);
