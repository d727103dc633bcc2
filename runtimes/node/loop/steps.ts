/**
 * Work in steps: a generator that yields nothing where whoever drives it may do something else, and
 * another such generator to have that one run first. `yield*` would do the same, but leave a frame of the
 * engine's own for each level in the stacks of all that runs below, in which V8 counts ten.
 */
// biome-ignore lint/suspicious/noExplicitAny: what the inner one returned
export type Steps<T = void> = Generator<Steps<unknown> | undefined, T, any>;

type Resume = (steps: Steps<unknown>, value: unknown) => IteratorResult<Steps<unknown> | undefined>;

/** Runs `steps` and what it yields; one turn for each step that yields nothing. */
export function inTurns(
  steps: Steps,
  resume: Resume = (top, value) => top.next(value),
): Iterator<void, void> & Iterable<void> {
  const running: Steps<unknown>[] = [steps];
  const turns = {
    [Symbol.iterator]: () => turns,
    next(): IteratorResult<void, void> {
      let result: unknown;
      let failure: { readonly reason: unknown } | undefined;
      for (;;) {
        const top = running.at(-1);
        if (!top) {
          if (failure) throw failure.reason;
          return { done: true, value: undefined };
        }
        try {
          const step = failure ? top.throw(failure.reason) : resume(top, result);
          failure = undefined;
          result = undefined;
          if (step.done) {
            running.pop();
            result = step.value;
          } else if (step.value) running.push(step.value);
          else return { done: false, value: undefined };
        } catch (reason) {
          running.pop();
          failure = { reason };
        }
      }
    },
  };
  return turns;
}
