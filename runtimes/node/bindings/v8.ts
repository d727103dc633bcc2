/** internalBinding("v8"): figures of the heap. What V8 does not tell a guest is 0. */
import type { BindingFactory } from "../environment.ts";
import { refused } from "../errors.ts";

/** Fields of heapStatisticsBuffer, by the names that the engine has for them. */
const HEAP = [
  ["kTotalHeapSizeIndex", "total_heap_size"],
  ["kTotalHeapSizeExecutableIndex", "total_heap_size_executable"],
  ["kTotalPhysicalSizeIndex", "total_physical_size"],
  ["kTotalAvailableSize", "total_available_size"],
  ["kUsedHeapSizeIndex", "used_heap_size"],
  ["kHeapSizeLimitIndex", "heap_size_limit"],
  ["kMallocedMemoryIndex", "malloced_memory"],
  ["kPeakMallocedMemoryIndex", "peak_malloced_memory"],
  ["kDoesZapGarbageIndex", "does_zap_garbage"],
  ["kNumberOfNativeContextsIndex", "number_of_native_contexts"],
  ["kNumberOfDetachedContextsIndex", "number_of_detached_contexts"],
  ["kTotalGlobalHandlesSizeIndex", "total_global_handles_size"],
  ["kUsedGlobalHandlesSizeIndex", "used_global_handles_size"],
  ["kExternalMemoryIndex", "externally_allocated_size"],
] as const;
const CODE = [
  "kCodeAndMetadataSizeIndex",
  "kBytecodeAndMetadataSizeIndex",
  "kExternalScriptSourceSizeIndex",
  "kCPUProfilerMetaDataSizeIndex",
];
const SPACE = [
  "kSpaceSizeIndex",
  "kSpaceUsedSizeIndex",
  "kSpaceAvailableSizeIndex",
  "kPhysicalSpaceSizeIndex",
];
const SPACES = [
  "read_only_space",
  "new_space",
  "old_space",
  "code_space",
  "shared_space",
  "trusted_space",
  "new_large_object_space",
  "large_object_space",
  "code_large_object_space",
  "shared_large_object_space",
  "trusted_large_object_space",
];
/** V8 tells a guest of no single space: what is in use is shown as this one's. */
const WHOLE_HEAP = SPACES.indexOf("old_space");
/** Of V8's version and flags, in Node; here of the layer's. */
const CODE_VERSION = 1;
const LATIN1 = /^[\0-\xff]*$/;

const indices = (names: readonly string[]): Record<string, number> =>
  Object.fromEntries(names.map((name, index) => [name, index]));

export const v8: BindingFactory = (env) => {
  const heapStatisticsBuffer = new Float64Array(HEAP.length);
  const heapCodeStatisticsBuffer = new Float64Array(CODE.length);
  const heapSpaceStatisticsBuffer = new Float64Array(SPACE.length);
  const given = new Set<string>();
  let version = CODE_VERSION;
  const heap = (name: string) => env.engine.heapStatistics()[name] ?? 0;

  return {
    heapStatisticsBuffer,
    heapCodeStatisticsBuffer,
    heapSpaceStatisticsBuffer,
    updateHeapStatisticsBuffer() {
      const found = env.engine.heapStatistics();
      heapStatisticsBuffer.set(HEAP.map(([, name]) => Number(found[name] ?? 0)));
      heapStatisticsBuffer[HEAP.findIndex(([, name]) => name === "number_of_native_contexts")] ||=
        1;
    },
    updateHeapCodeStatisticsBuffer() {
      heapCodeStatisticsBuffer[0] = heap("total_heap_size_executable");
    },
    updateHeapSpaceStatisticsBuffer(space: number) {
      const isWhole = space === WHOLE_HEAP;
      const size = isWhole ? heap("total_heap_size") : 0;
      const used = isWhole ? heap("used_heap_size") : 0;
      heapSpaceStatisticsBuffer.set([size, used, Math.max(0, size - used), size]);
    },
    kHeapSpaces: SPACES,
    ...indices(HEAP.map(([index]) => index)),
    ...indices(CODE),
    ...indices(SPACE),
    cachedDataVersionTag: () => version,
    // As with flags that V8 does not know, nothing comes of it: they are the whole host's. But code that
    // was cached under other flags is another.
    setFlagsFromString(flags: string) {
      if (given.has(flags)) return;
      given.add(flags);
      version++;
    },
    setHeapSnapshotNearHeapLimit() {
      throw refused("v8.setHeapSnapshotNearHeapLimit()", "a guest's heap cannot be written out");
    },
    isStringOneByteRepresentation: (text: string) => LATIN1.test(text),
    getCppHeapStatistics: () => ({
      committed_size_bytes: 0,
      resident_size_bytes: 0,
      used_size_bytes: 0,
      space_statistics: [],
      type_names: [],
    }),
    detailLevel: { DETAILED: 0, BRIEF: 1 },
    GCProfiler,
  };
};

/** V8 tells a guest of no collection: profiles have a beginning and an end, and nothing in between. */
class GCProfiler {
  #startTime: number | undefined;

  start(): void {
    this.#startTime ??= Date.now();
  }

  stop(): string | undefined {
    if (this.#startTime === undefined) return undefined;
    const startTime = this.#startTime;
    this.#startTime = undefined;
    return JSON.stringify({ version: 1, startTime, statistics: [], endTime: Date.now() });
  }
}
