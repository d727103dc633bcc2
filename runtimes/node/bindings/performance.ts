/** internalBinding("performance"): clocks, milestones, histograms (node_perf.cc, histogram.cc). */
import type { BindingFactory, Environment } from "../environment.ts";
import { codedError } from "../errors.ts";
import { Timer } from "../loop/timer.ts";
import { CLONE, type TransferData } from "../messaging/message.ts";
import { HdrHistogram } from "../performance/hdr-histogram.ts";

const Milestone = {
  TIME_ORIGIN_TIMESTAMP: 0,
  TIME_ORIGIN: 1,
  ENVIRONMENT: 2,
  NODE_START: 3,
  V8_START: 4,
  LOOP_START: 5,
  LOOP_EXIT: 6,
  BOOTSTRAP_COMPLETE: 7,
} as const;
export const { TIME_ORIGIN } = Milestone;
const MILESTONES = Object.keys(Milestone).length;
const ENTRY_TYPES = ["GC", "HTTP", "HTTP2", "NET", "DNS"];
const GC = {
  NODE_PERFORMANCE_GC_MAJOR: 4,
  NODE_PERFORMANCE_GC_MINOR: 1,
  NODE_PERFORMANCE_GC_INCREMENTAL: 8,
  NODE_PERFORMANCE_GC_WEAKCB: 16,
  NODE_PERFORMANCE_GC_FLAGS_NO: 0,
  NODE_PERFORMANCE_GC_FLAGS_CONSTRUCT_RETAINED: 2,
  NODE_PERFORMANCE_GC_FLAGS_FORCED: 4,
  NODE_PERFORMANCE_GC_FLAGS_SYNCHRONOUS_PHANTOM_PROCESSING: 8,
  NODE_PERFORMANCE_GC_FLAGS_ALL_AVAILABLE_GARBAGE: 16,
  NODE_PERFORMANCE_GC_FLAGS_ALL_EXTERNAL_MEMORY: 32,
  NODE_PERFORMANCE_GC_FLAGS_SCHEDULE_IDLE: 64,
};
const CLOCK_REALTIME = 0;
const CLOCK_MONOTONIC = 1;
const MILLISECOND = 1e6;

export const performance: BindingFactory = (env) => {
  const milestones = new Float64Array(MILESTONES);
  const { loop } = env;
  let origin = 0n;
  let onEntry: ((...args: unknown[]) => void) | undefined;

  const clock = () => env.sys.clock_gettime(CLOCK_MONOTONIC);
  const mark = (index: number) => {
    milestones[index] = Number(clock());
  };
  env.onStart(() => {
    milestones.fill(-1);
    origin = clock();
    const { TIME_ORIGIN_TIMESTAMP, ENVIRONMENT, NODE_START, V8_START } = Milestone;
    // One moment by both clocks.
    milestones[TIME_ORIGIN] = Number(origin);
    milestones[TIME_ORIGIN_TIMESTAMP] = Number(env.sys.clock_gettime(CLOCK_REALTIME) / 1000n);
    // All of these lie behind a process that begins as a snapshot; their order is what can be seen.
    for (const index of [NODE_START, V8_START, ENVIRONMENT]) mark(index);
    loop.onStart = () => mark(Milestone.LOOP_START);
    loop.onEnd = () => mark(Milestone.LOOP_EXIT);
  });

  const Histogram = histogramClass(env);
  return {
    Histogram,
    createELDHistogram: (interval: number) => delayHistogram(env, interval, Histogram),
    setupObservers(callback: typeof onEntry) {
      onEntry = callback;
    },
    // Collections of garbage are not told of: observers of them hear nothing.
    installGarbageCollectionTracking() {},
    removeGarbageCollectionTracking() {},
    notify: (...args: unknown[]) => onEntry?.(...args),
    loopIdleTime: () => loop.idleTime,
    uvMetricsInfo: () => [loop.iterations, loop.events, 0],
    markBootstrapComplete: () => mark(Milestone.BOOTSTRAP_COMPLETE),
    now: () => Number(clock() - origin) / MILLISECOND,
    observerCounts: new Uint32Array(ENTRY_TYPES.length),
    milestones,
    constants: makeConstants(),
  };
};

function makeConstants(): object {
  const constants: object = { ...GC };
  const hidden = [
    ...ENTRY_TYPES.map((name, value) => [`ENTRY_TYPE_${name}`, value] as const),
    ...Object.entries(Milestone).map(([name, value]) => [`MILESTONE_${name}`, value] as const),
  ];
  for (const [name, value] of hidden) {
    Object.defineProperty(constants, `NODE_PERFORMANCE_${name}`, { value });
  }
  return constants;
}

/** Methods of all histograms, in the forms that lib/ calls them by. */
const METHODS: Readonly<Record<string, (histogram: HdrHistogram, argument: never) => unknown>> = {
  count: ({ count }) => count,
  countBigInt: ({ count }) => BigInt(count),
  exceeds: ({ exceeds }) => exceeds,
  exceedsBigInt: ({ exceeds }) => BigInt(exceeds),
  min: ({ min }) => min,
  minBigInt: ({ min, count }) => (count === 0 ? 2n ** 63n - 1n : BigInt(min)),
  max: ({ max }) => max,
  maxBigInt: ({ max }) => BigInt(max),
  mean: ({ mean }) => mean,
  stddev: ({ stddev }) => stddev,
  percentile: (histogram, percentile: number) => histogram.percentile(percentile),
  percentileBigInt: (histogram, percentile: number) => BigInt(histogram.percentile(percentile)),
  percentiles(histogram, map: Map<number, number>) {
    for (const [percentile, value] of histogram.percentiles()) map.set(percentile, value);
  },
  percentilesBigInt(histogram, map: Map<number, bigint>) {
    for (const [percentile, value] of histogram.percentiles()) map.set(percentile, BigInt(value));
  },
  reset: (histogram) => histogram.reset(),
};

const histograms = new WeakMap<object, HdrHistogram>();

function histogramOf(self: object): HdrHistogram {
  const found = histograms.get(self);
  if (!found) throw new TypeError("Illegal invocation");
  return found;
}

function addMethods(prototype: object): void {
  for (const [name, method] of Object.entries(METHODS)) {
    Object.defineProperty(prototype, name, {
      value(this: object, argument: never) {
        return method(histogramOf(this), argument);
      },
      writable: true,
      configurable: true,
    });
  }
}

function histogramClass(env: Environment) {
  class Histogram {
    #recordedAt = 0n;

    constructor(lowest?: number | bigint, highest?: number | bigint, figures?: number) {
      const made = new HdrHistogram(
        lowest === undefined ? undefined : Number(lowest),
        highest === undefined ? undefined : Number(highest),
        figures,
      );
      histograms.set(this, made);
    }

    record(value: number | bigint): void {
      const number = Number(value);
      if (!(number >= 1)) {
        throw codedError(RangeError, "ERR_OUT_OF_RANGE", "value is out of range");
      }
      histogramOf(this).record(Math.trunc(number));
    }

    recordDelta(): void {
      const now = env.sys.clock_gettime(CLOCK_MONOTONIC);
      if (this.#recordedAt > 0n) histogramOf(this).record(Number(now - this.#recordedAt));
      this.#recordedAt = now;
    }

    add(other: object): number {
      return histogramOf(this).add(histogramOf(other));
    }

    /** A clone counts with the original. */
    [CLONE](): TransferData {
      return { kind: "histogram", revive: () => this };
    }
  }
  addMethods(Histogram.prototype);
  return Histogram;
}

/** Records, on a timer that holds nothing, how long each turn of it took. */
function delayHistogram(env: Environment, interval: number, Histogram: new () => object): object {
  const histogram = new HdrHistogram(1, 3.6e12, 3);
  let last = 0n;
  const timer = new Timer(env.loop, () => {
    const now = env.sys.clock_gettime(CLOCK_MONOTONIC);
    if (last > 0n) histogram.record(Number(now - last));
    last = now;
  });
  timer.unref();
  class IntervalHistogram {
    start(resets: boolean): void {
      if (resets) histogram.reset();
      last = 0n;
      timer.start(interval, interval);
    }

    stop(): void {
      timer.stop();
    }

    [CLONE](): TransferData {
      const clone = new Histogram();
      histograms.set(clone, histogram);
      return { kind: "histogram", revive: () => clone };
    }
  }
  addMethods(IntervalHistogram.prototype);
  const made = new IntervalHistogram();
  histograms.set(made, histogram);
  return made;
}
