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

const errors = Error as unknown as Record<string, unknown>;
errors["stackTraceLimit"] ??= 10;
errors["captureStackTrace"] ??= (target: object): void => {
  Object.defineProperty(target, "stack", {
    value: new Error().stack,
    writable: true,
    configurable: true,
  });
};
