/**
 * What workerd lends to a kernel: clock, randomness and timers.
 *
 * In production its clock stands still while JavaScript runs, and moves at each input or output. Time
 * that does not move would keep a program from ever giving way, so each reading counts for a moment of
 * its own: budgets of time become budgets of calls there.
 */
import type { Host } from "../../../kernel/index.ts";
import { nodeCodecs } from "../node/codecs.ts";

/** setTimeout's longest delay; a longer one would fire at once. */
const LONGEST_DELAY = 0x7fff_ffff;

/** What one reading takes, about: the clock stays behind the true one, and catches up with it. */
const READING_NANOSECONDS = 500n;

let last = 0n;

/** Nanoseconds since 1970 that never go back and always go on. */
function now(): bigint {
  const coarse = BigInt(Date.now()) * 1_000_000n;
  last = coarse > last ? coarse : last + READING_NANOSECONDS;
  return last;
}

export const edgeHost: Host = {
  clock: { realtime: now, monotonic: now },
  random(target) {
    crypto.getRandomValues(target as Uint8Array<ArrayBuffer>);
  },
  scheduler: {
    setTimer(callback, milliseconds) {
      const timer = setTimeout(callback, Math.min(milliseconds, LONGEST_DELAY));
      return { cancel: () => clearTimeout(timer) };
    },
    yield: () => new Promise((resolve) => setTimeout(resolve, 0)),
  },
  // workerd has these parts of Node, down to the handles of its compressors.
  codecs: nodeCodecs,
};
