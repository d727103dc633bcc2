/**
 * lib/ runs microtasks between two timers, or two immediates, of one round. Where the engine cannot do so
 * at once, these functions are generators, and each step is followed by a turn of the worker's loop.
 */
interface Change {
  readonly from: string;
  readonly to: string;
  readonly times: number;
}

const MODULE = "internal/timers";

const CHANGES: readonly Change[] = [
  { from: "function processImmediate() {", to: "function* processImmediate() {", times: 1 },
  { from: "function processTimers(now) {", to: "function* processTimers(now) {", times: 1 },
  {
    from: "function listOnTimeout(list, now) {",
    to: "function* listOnTimeout(list, now) {",
    times: 1,
  },
  {
    from: "      listOnTimeout(list, now);",
    to: "      yield* listOnTimeout(list, now);",
    times: 1,
  },
  { from: "        runNextTicks();", to: "        yield;", times: 3 },
];

export function inSteps(id: string, source: string): string {
  if (id !== MODULE) return source;
  let changed = source;
  for (const { from, to, times } of CHANGES) {
    const pieces = changed.split(from);
    if (pieces.length - 1 !== times) {
      throw new Error(`lib/${id}.js has ${pieces.length - 1} times, not ${times}: ${from}`);
    }
    changed = pieces.join(to);
  }
  return changed;
}
