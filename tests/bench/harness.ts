/**
 * What every bench shares: timing, medians, bars, and the machine that the figures come from. A bench
 * is a file in suites/ whose default export adds lines to a Report; run.ts runs each in a process of
 * its own and prints the table.
 */
import { readFileSync } from "node:fs";
import { cpus, totalmem } from "node:os";

/** The figure that a line is held against. */
export interface Bar {
  readonly limit: number;
  /** Which side of the limit is good. */
  readonly better: "lower" | "higher";
}

export interface Line {
  readonly name: string;
  readonly unit: string;
  readonly median: number;
  readonly p95: number;
  readonly count: number;
  readonly bar?: Bar;
  /** Undefined where there is no bar. */
  readonly met?: boolean;
  readonly note?: string;
}

export interface LineOptions {
  readonly bar?: Bar;
  readonly note?: string;
}

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly node: string;
  readonly platform: string;
  readonly date: string;
}

export class Report {
  readonly lines: Line[] = [];

  /** One line from samples of the same thing; the bar is for the median. */
  add(name: string, unit: string, samples: readonly number[], options: LineOptions = {}): Line {
    const { bar, note } = options;
    const middle = median(samples);
    const line: Line = {
      name,
      unit,
      median: middle,
      p95: quantile(samples, bar?.better === "higher" ? 0.05 : 0.95),
      count: samples.length,
      ...(bar && { bar, met: bar.better === "lower" ? middle <= bar.limit : middle >= bar.limit }),
      ...(note !== undefined && { note }),
    };
    this.lines.push(line);
    return line;
  }
}

export const atMost = (limit: number): Bar => ({ limit, better: "lower" });
export const atLeast = (limit: number): Bar => ({ limit, better: "higher" });

/** Milliseconds of each of `count` runs, after `warm` runs that do not count. */
export async function time(
  count: number,
  run: (turn: number) => unknown,
  warm = Math.min(3, count),
): Promise<number[]> {
  for (let turn = 0; turn < warm; turn += 1) await run(turn - warm);
  const samples: number[] = [];
  for (let turn = 0; turn < count; turn += 1) {
    const started = performance.now();
    await run(turn);
    samples.push(performance.now() - started);
  }
  return samples;
}

export function median(samples: readonly number[]): number {
  return quantile(samples, 0.5);
}

/** By linear interpolation between the closest ranks. */
export function quantile(samples: readonly number[], share: number): number {
  if (samples.length === 0) throw new RangeError("no samples");
  const sorted = [...samples].sort((a, b) => a - b);
  const place = (sorted.length - 1) * share;
  const low = Math.floor(place);
  const [from, to] = [sorted[low] as number, sorted[Math.ceil(place)] as number];
  return from + (to - from) * (place - low);
}

/** Resident bytes of this process once the garbage is gone; needs --expose-gc. */
export async function settledMemory(): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  for (let turn = 0; turn < 6; turn += 1) {
    globalThis.gc?.();
    await new Promise((wake) => setTimeout(wake, 50));
    least = Math.min(least, process.memoryUsage.rss());
  }
  return least;
}

/**
 * Bytes of this process where what is shared counts in parts (PSS): V8 maps its builtins into each
 * isolate, which resident memory counts each time. Undefined where the system does not tell.
 */
export function proportionalMemory(): number | undefined {
  try {
    const found = /^Pss:\s+(\d+) kB/m.exec(readFileSync("/proc/self/smaps_rollup", "latin1"));
    return found ? Number(found[1]) * 1024 : undefined;
  } catch {
    return undefined;
  }
}

export function thisMachine(): Machine {
  const all = cpus();
  return {
    cpu: all[0]?.model.trim() ?? "unknown",
    cores: all.length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    node: process.version,
    platform: `${process.platform}-${process.arch}`,
    date: new Date().toISOString(),
  };
}

/** The table that a person reads. */
export function table(lines: readonly Line[]): string {
  const head = ["", "median", "p95", "unit", "n", "bar", "", "note"];
  const rows = lines.map((line) => [
    line.name,
    figure(line.median),
    figure(line.p95),
    line.unit,
    String(line.count),
    line.bar ? `${line.bar.better === "lower" ? "<=" : ">="} ${figure(line.bar.limit)}` : "",
    line.met === undefined ? "" : line.met ? "met" : "MISSED",
    line.note ?? "",
  ]);
  const widths = head.map((name, column) =>
    Math.max(name.length, ...rows.map((row) => (row[column] as string).length)),
  );
  const numeric = new Set([1, 2, 4, 5]);
  const format = (row: readonly string[]): string =>
    row
      .map((cell, column) => {
        const width = widths[column] as number;
        return numeric.has(column) ? cell.padStart(width) : cell.padEnd(width);
      })
      .join("  ")
      .trimEnd();
  return [head, ...rows].map(format).join("\n");
}

function figure(value: number): string {
  if (value === 0) return "0";
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  return value.toFixed(Math.abs(value) < 0.1 ? 4 : digits);
}
