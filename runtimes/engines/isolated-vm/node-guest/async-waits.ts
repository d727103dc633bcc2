/**
 * Atomics.waitAsync: V8 settles its promise in a task of the isolate's, which runs when the process gives
 * its thread back. So it is known here how many are under way (turns.ts).
 */
let underWay = 0;

export function asyncWaits(): number {
  return underWay;
}

/** Before lib/ takes its copy. */
export function watchAsyncWaits(): void {
  const { apply, defineProperty, getOwnPropertyDescriptor } = Reflect;
  const { then } = Promise.prototype;
  const native = Atomics.waitAsync as (...args: unknown[]) => { async: boolean; value: unknown };
  const ended = () => {
    underWay--;
  };
  const { waitAsync } = {
    waitAsync(...args: unknown[]) {
      const wait = apply(native, Atomics, args);
      if (wait.async) {
        underWay++;
        apply(then, wait.value as Promise<unknown>, [ended, ended] as never);
      }
      return wait;
    },
  };
  defineProperty(waitAsync, "length", { value: native.length, configurable: true });
  defineProperty(Atomics, "waitAsync", {
    ...getOwnPropertyDescriptor(Atomics, "waitAsync"),
    value: waitAsync,
  });
}
