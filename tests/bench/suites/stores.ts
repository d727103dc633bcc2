/** What stores cost on each host: many small chunks with a ref, and chunks of 64 KiB there and back. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { ChunkStore } from "../../../kernel/state/chunk-store.ts";
import { openDirectoryStore } from "../../../src/stores/directory.ts";
import { MemoryStore } from "../../../src/stores/memory.ts";
import { bundle } from "../../portability/bundle.ts";
import { openTab, serveTabs } from "../../portability/stores/tabs.ts";
import { launchProfile } from "../../support/chromium.ts";
import { startObject } from "../../support/workerd-object.ts";
import { atMost, type Report } from "../harness.ts";
import type * as TabModule from "../stores/tab.ts";
import { STEPS, type Step, StoreWork } from "../stores/work.ts";

/** Does one step, and gives its milliseconds. */
type Run = (step: Step, count: number, size: number) => Promise<number>;

const SMALL = { count: 1000, size: 2048, turns: 7 };
const LARGE = { count: 256, size: 65_536, turns: 5 };
const at = (path: string) => resolve(import.meta.dirname, "../stores", path);

export default async function stores(report: Report): Promise<void> {
  await measure(report, "memory", timed(new MemoryStore()));
  await inDirectory(report);
  await inTab(report);
  await inObject(report);
}

async function measure(report: Report, name: string, run: Run, bar?: number): Promise<void> {
  const commits = await samples(run, SMALL, "commit");
  report.add(`${name}: 1,000 chunks of 2 KB and a ref`, "ms", commits, {
    ...(bar !== undefined && { bar: atMost(bar) }),
  });
  const megabytes = (LARGE.count * LARGE.size) / 1e6;
  const rate = (all: number[]) => all.map((ms) => (megabytes / ms) * 1000);
  report.add(`${name}: 64 KiB chunks stored`, "MB/s", rate(await samples(run, LARGE, "commit")));
  report.add(`${name}: 64 KiB chunks read`, "MB/s", rate(await samples(run, LARGE, "read")));
}

async function samples(run: Run, work: typeof SMALL, timedStep: Step): Promise<number[]> {
  const found: number[] = [];
  // One turn more, to warm up.
  for (let turn = 0; turn <= work.turns; turn++) {
    for (const step of STEPS) {
      const ms = await run(step, work.count, work.size);
      if (step === timedStep && turn > 0) found.push(ms);
    }
  }
  return found;
}

function timed(store: ChunkStore): Run {
  const work = new StoreWork(store);
  return async (step, count, size) => {
    const started = performance.now();
    await work[step](count, size);
    return performance.now() - started;
  };
}

async function inDirectory(report: Report): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "isopod-bench-"));
  const store = await openDirectoryStore(folder);
  await measure(report, "directory", timed(store));
  await store.close();
  await rm(folder, { recursive: true });
}

async function inTab(report: Report): Promise<void> {
  await using origin = await serveTabs(at("tab.ts"));
  // A profile of its own on the disk, as a person's browser has.
  const profile = await mkdtemp(join(tmpdir(), "isopod-bench-"));
  const browser = await launchProfile(profile);
  try {
    const page = await openTab(browser, origin);
    const run: Run = (step, count, size) =>
      page.evaluate(
        ([step, count, size]) => {
          const { stores } = globalThis as unknown as { stores: typeof TabModule };
          return stores.runStep(step, count, size);
        },
        [step, count, size] as const,
      );
    await measure(report, "IndexedDB", run, 250);
  } finally {
    await browser.close();
    await rm(profile, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** Its clock stands still while it computes, so it is timed from outside. */
async function inObject(report: Report): Promise<void> {
  await using server = await startObject(await bundle(at("object.ts")), "BenchObject");
  const run: Run = async (step, count, size) => {
    const started = performance.now();
    const answer = await fetch(`${server.url}${step}?count=${count}&size=${size}`);
    if (!answer.ok) throw new Error(await answer.text());
    return performance.now() - started;
  };
  await measure(report, "Durable Object", run, 150);
}
