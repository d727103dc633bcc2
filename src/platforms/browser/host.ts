/** What a worker of a tab lends to the kernels that run in it: clock, randomness and timers. */
import type { Host } from "../../../kernel/index.ts";

/** setTimeout's longest delay; a longer one would fire at once. */
const LONGEST_DELAY = 0x7fff_ffff;
/** Bytes that getRandomValues gives at once. */
const RANDOM_MAX = 65_536;

/** Realtime minus monotonic nanoseconds, so that both move together and none jumps. */
const EPOCH = BigInt(Math.round(performance.timeOrigin * 1e6));

export const browserHost: Host = {
  clock: {
    realtime: () => EPOCH + now(),
    monotonic: now,
  },
  random(target) {
    // It refuses shared memory, which is where guests ask for their bytes.
    const piece = new Uint8Array(Math.min(target.length, RANDOM_MAX));
    for (let at = 0; at < target.length; at += RANDOM_MAX) {
      crypto.getRandomValues(piece);
      target.set(piece.subarray(0, target.length - at), at);
    }
  },
  scheduler: {
    setTimer(callback, milliseconds) {
      const timer = setTimeout(callback, Math.min(milliseconds, LONGEST_DELAY));
      return { cancel: () => clearTimeout(timer) };
    },
    yield: turn,
  },
};

function now(): bigint {
  return BigInt(Math.round(performance.now() * 1e6));
}

/** Messages take a turn of the event loop at once; setTimeout waits for 4 ms. */
const { port1, port2 } = new MessageChannel();
let waiting: (() => void)[] = [];

port1.onmessage = () => {
  const resolvers = waiting;
  waiting = [];
  for (const resolve of resolvers) resolve();
};

function turn(): Promise<void> {
  return new Promise((resolve) => {
    if (waiting.push(resolve) === 1) port2.postMessage(undefined);
  });
}
