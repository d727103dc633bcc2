/** A tab of a real Chromium: loading to the prompt, commands, files. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { buildBrowser } from "../../../scripts/build-browser.ts";
import { serve, type TestServer } from "../../browser/server.ts";
import { launchChromium } from "../../support/chromium.ts";
import { atMost, type Report } from "../harness.ts";

/** Kernel, engine and image until the shell asks for a line; on the page's own clock. */
const PROMPT = `<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,">
<script type="module">
  import * as isopod from "/isopod/index.js";
  globalThis.isopod = isopod;
  const vm = await isopod.createVm();
  const terminal = await vm.openTerminal();
  terminal.onData(() => { globalThis.prompted ??= performance.now(); });
</script>`;

export default async function tab(report: Report): Promise<void> {
  const files = await mkdtemp(join(tmpdir(), "isopod-tab-"));
  await buildBrowser(files);
  const extra = { "/prompt": PROMPT };
  const server = await serve({ files, cached: true, extra });
  const browser = await launchChromium();
  try {
    await loading(report, browser, server);
    await commands(report, browser, server);
    await state(report, browser, server);
  } finally {
    await browser.close();
    await server.close();
    await rm(files, { recursive: true });
  }
}

async function loading(report: Report, browser: Browser, server: TestServer): Promise<void> {
  const cold: number[] = [];
  const warm: number[] = [];
  for (let turn = 0; turn < 6; turn += 1) {
    const context = await browser.newContext();
    cold.push(await prompt(await context.newPage(), server));
    for (let again = 0; again < 5; again += 1) {
      const page = await context.newPage();
      // The first finds the files in the cache, but not yet what the browser compiles from them.
      const took = await prompt(page, server);
      if (again > 0) warm.push(took);
      await page.close();
    }
    await context.close();
  }
  report.add("load to prompt, nothing cached", "ms", cold, { bar: atMost(2500) });
  report.add("load to prompt, cached", "ms", warm, { bar: atMost(700) });
}

async function prompt(page: Page, server: TestServer): Promise<number> {
  await page.goto(`${server.url}prompt`);
  const found = await page.waitForFunction(() => (globalThis as { prompted?: number }).prompted);
  return (await found.jsonValue()) as number;
}

async function commands(report: Report, browser: Browser, server: TestServer): Promise<void> {
  const page = await browser.newPage();
  await page.goto(server.url);
  await page.waitForFunction(() => globalThis.isopod !== undefined);
  const found = await page.evaluate(async () => {
    const time = async (count: number, run: () => Promise<unknown>, pause = 0) => {
      for (let turn = 0; turn < 5; turn += 1) await run();
      const samples: number[] = [];
      for (let turn = 0; turn < count; turn += 1) {
        if (pause > 0) await new Promise((resolve) => setTimeout(resolve, pause));
        const started = performance.now();
        await run();
        samples.push(performance.now() - started);
      }
      return samples;
    };
    const vm = await isopod.createVm();
    return {
      created: await time(30, async () => {
        const vm = await isopod.createVm();
        await vm.exec("echo");
        void vm.dispose();
      }),
      echo: await time(200, () => vm.exec("echo hi")),
      command: await time(100, () => vm.exec("ls /")),
      pipeline: await time(50, () => vm.exec("seq 100 | sort -rn | head -n 1")),
      spawned: await time(50, async () => (await vm.spawn(["true"])).exit),
      // With pauses, in which the next guest boots: as a person types.
      node: await time(20, async () => (await vm.spawn(["node", "-e", "0"])).exit, 400),
      nodes: await time(10, async () => (await vm.spawn(["node", "-e", "0"])).exit),
    };
  });
  report.add("new machine to its first echo", "ms", found.created);
  report.add("echo", "ms", found.echo, { bar: atMost(3) });
  report.add("wasm command", "ms", found.command, { bar: atMost(15) });
  report.add("pipeline of three wasm commands", "ms", found.pipeline);
  report.add("spawn of a wasm command", "ms", found.spawned);
  report.add("node -e 0", "ms", found.node, { bar: atMost(60) });
  report.add("node -e 0, one right after the other", "ms", found.nodes);
  await page.close();
}

async function state(report: Report, browser: Browser, server: TestServer): Promise<void> {
  const page = await browser.newPage();
  await page.goto(server.url);
  await page.waitForFunction(() => globalThis.isopod !== undefined);
  const found = await page.evaluate(async () => {
    const time = async (work: () => Promise<unknown>) => {
      const started = performance.now();
      await work();
      return performance.now() - started;
    };
    const WRITE =
      "mkdir many; cd many; text=$(printf '%2047s' x); " +
      'for ((i = 0; i < 1000; i++)); do echo "$text$RANDOM" > $i; done';
    const store = isopod.indexedDbStore();
    const [written, forked, snapshots]: [number[], number[], number[]] = [[], [], []];
    for (let turn = 0; turn < 8; turn += 1) {
      const vm = await isopod.createVm({ store, name: `files${turn}`, commit: "manual" });
      const took = await time(async () => {
        await vm.exec(WRITE);
        await vm.commit();
      });
      if (turn > 0) written.push(took);
      for (let again = 0; again < 5; again += 1) {
        forked.push(await time(async () => void (await vm.fork()).dispose()));
      }
      snapshots.push(await time(() => vm.snapshot()));
      await vm.dispose();
    }
    const plain = await isopod.createVm();
    await plain.exec(WRITE);
    const inMemory: number[] = [];
    for (let turn = 0; turn < 30; turn += 1) {
      inMemory.push(await time(async () => void (await plain.fork()).dispose()));
    }
    return { written, forked, snapshots, inMemory };
  });
  report.add("1,000 files of 2 KB, written and committed", "ms", found.written, {
    bar: atMost(250),
  });
  report.add("fork of a machine with these files", "ms", found.forked, { bar: atMost(1) });
  report.add("fork of one that is only in memory", "ms", found.inMemory);
  report.add("snapshot of what is committed", "ms", found.snapshots);
  await page.close();
}
