/** What SQLite's module imports besides files: clocks, time zones, an empty environment, memory. */
import type { Environment } from "../environment.ts";

interface Heap {
  readonly view: DataView;
  readonly bytes: Uint8Array;
}

type Imports = Readonly<Record<string, (...args: never[]) => unknown>>;

const MOST_BYTES = 2_147_483_648;
const CLOCK_REALTIME = 0;
const NANOSECONDS_PER_MILLISECOND = 1_000_000n;
const DAY_MS = 86_400_000;
const { now } = Date;

export function otherImports(
  env: Environment,
  heap: Heap,
  growTo: (bytes: number) => boolean,
): { readonly system: Imports; readonly wasi: Imports } {
  const monotonic = () => env.sys.clock_gettime(1);
  const system = {
    emscripten_date_now: () => now(),
    emscripten_get_now: () => Number(monotonic()) / 1e6,
    emscripten_get_heap_max: () => MOST_BYTES,
    emscripten_resize_heap: (bytes: number) => (growTo(bytes >>> 0) ? 1 : 0),
    _tzset_js: (zone: number, hasSummer: number) => {
      const year = new Date(now()).getFullYear();
      const offsets = [0, 6].map((month) => new Date(year, month, 1).getTimezoneOffset());
      const [winter, summer] = offsets as [number, number];
      heap.view.setInt32(zone, Math.max(winter, summer) * 60, true);
      heap.view.setInt32(hasSummer, winter === summer ? 0 : 1, true);
    },
    /** struct tm. */
    _localtime_js: (seconds: bigint, to: number) => {
      const date = new Date(Number(seconds) * 1000);
      const year = date.getFullYear();
      const offset = date.getTimezoneOffset();
      const offsets = [0, 6].map((month) => new Date(year, month, 1).getTimezoneOffset());
      const midnight = Date.UTC(year, date.getMonth(), date.getDate());
      const fields = [
        ...[date.getSeconds(), date.getMinutes(), date.getHours(), date.getDate()],
        ...[date.getMonth(), year - 1900, date.getDay()],
        (midnight - Date.UTC(year, 0, 1)) / DAY_MS,
        offset < Math.max(...offsets) ? 1 : 0,
        -offset * 60,
      ];
      for (const [i, field] of fields.entries()) heap.view.setInt32(to + i * 4, field, true);
    },
  };
  const wasi = {
    environ_sizes_get: (count: number, size: number) => {
      heap.view.setUint32(count, 0, true);
      heap.view.setUint32(size, 0, true);
      return 0;
    },
    environ_get: () => 0,
    clock_time_get: (clock: number, _: bigint, to: number) => {
      const time =
        clock === CLOCK_REALTIME ? BigInt(now()) * NANOSECONDS_PER_MILLISECOND : monotonic();
      heap.view.setBigUint64(to, time, true);
      return 0;
    },
  };
  return { system, wasi };
}
