/** internalBinding("timers"): one timer and the immediates of lib/, driven by the event loop. */
import type { BindingFactory } from "../environment.ts";
import type { Steps } from "../loop/steps.ts";

/** Indices into immediateInfo (env.h). */
const Immediate = { kCount: 0, kRefCount: 1, kHasOutstanding: 2 } as const;

export const timers: BindingFactory = (env) => {
  const { loop } = env;
  const immediateInfo = new Uint32Array(3);
  const timeoutInfo = new Int32Array(1);
  let processImmediate: () => void | Generator<void, void> = () => {};
  let processTimers: (now: number) => number | Generator<void, number> = () => 0;
  let base = 0;
  let expiry = Infinity;
  // lib/ counts those that hold the loop; sockets' own timeouts never do.
  let referenced = false;
  const binding = { toString: () => "[object Object]" };

  env.onStart(() => {
    loop.updateTime();
    base = loop.now;
  });
  const now = () => loop.now - base;

  loop.timers = {
    get expiry() {
      return expiry;
    },
    get timersReferenced() {
      return referenced;
    },
    *runTimers() {
      expiry = Infinity;
      let next: number | undefined;
      // A timer that throws leaves the others to another round, as long as the process goes on.
      do next = yield steps(() => processTimers.call(env.process, now()), scheduleNext);
      while (next === undefined);
    },
    get immediates() {
      return (
        (immediateInfo[Immediate.kCount] as number) +
        (immediateInfo[Immediate.kHasOutstanding] as number)
      );
    },
    get referencedImmediates() {
      return immediateInfo[Immediate.kRefCount] as number;
    },
    *runImmediates() {
      do yield steps(() => processImmediate.call(env.process));
      while ((immediateInfo[Immediate.kHasOutstanding] as number) !== 0);
    },
  };

  /** By the time of the next timer; negative where none of them holds the loop. */
  function scheduleNext(next: number): void {
    if (next === 0) return;
    expiry = loop.now + Math.max(1, Math.abs(next) - now());
    referenced = next > 0;
  }

  /**
   * Runs lib/'s function in a callback scope. Where the engine cannot run microtasks at once, lib/ is
   * patched to have generators there, and each of their steps is a scope. `ended` hears the
   * result before the ticks and microtasks that follow, which may change what it says.
   */
  function* steps<T>(
    run: () => T | Generator<void, T>,
    ended: (result: T) => void = () => {},
  ): Steps<T | undefined> {
    const isGenerator = (value: unknown): value is Generator<void, T> =>
      typeof value === "object" && value !== null;
    const begun = env.runCallback(undefined, 0, () => {
      const result = run();
      if (!isGenerator(result)) ended(result);
      return result;
    });
    yield;
    if (!isGenerator(begun)) return begun;
    const generator = begun;
    for (;;) {
      const step = env.runCallback(undefined, 0, () => {
        const result = generator.next();
        if (result.done) ended(result.value);
        return result;
      });
      if (step === undefined) return undefined;
      if (step.done) return step.value;
      yield;
    }
  }

  return Object.assign(binding, {
    immediateInfo,
    timeoutInfo,
    setupTimers(immediates: typeof processImmediate, expired: typeof processTimers) {
      processImmediate = immediates;
      processTimers = expired;
    },
    getLibuvNow() {
      loop.refreshTime();
      return now();
    },
    scheduleTimer(milliseconds: number) {
      expiry = loop.now + Math.max(1, milliseconds);
    },
    toggleTimerRef(on: boolean) {
      referenced = on;
    },
    /** The count of referenced immediates says it all. */
    toggleImmediateRef(_on: boolean) {},
  });
};
