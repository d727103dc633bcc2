/** The playground in Chromium: from the address to the prompt, and what has to be loaded for it. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { BrowserContext } from "playwright-core";
import { launchChromium } from "../../support/chromium.ts";
import { buildPlayground } from "../../web-demo/playground.ts";
import { servePlayground } from "../../web-demo/server.ts";
import { atMost, type Report } from "../harness.ts";

const VISITS = 7;
const MEBIBYTE = 1 << 20;

export default async function run(report: Report): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "isopod-playground-"));
  await buildPlayground(folder);
  const browser = await launchChromium();
  try {
    const cold: number[] = [];
    const bytes: number[] = [];
    const warm: number[] = [];
    for (let visit = 0; visit < VISITS; visit += 1) {
      const server = await servePlayground(join(folder, "page"));
      const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
      await context.addInitScript(watchForPrompt);
      cold.push(await toPrompt(context, server.url));
      bytes.push([...server.sent.values()].reduce((sum, each) => sum + each, 0) / MEBIBYTE);
      // The second has the code compiled as well, as it is for who comes back.
      await toPrompt(context, server.url);
      warm.push(await toPrompt(context, server.url));
      await context.close();
      await server.close();
    }
    report.add("load to prompt, empty cache", "ms", cold, { bar: atMost(2500) });
    report.add("load to prompt, warm cache", "ms", warm, { bar: atMost(700) });
    report.add("loaded before the prompt, uncompressed", "MiB", bytes, {
      bar: atMost(1.5),
      note: "page, kernel, image's table",
    });
  } finally {
    await browser.close();
    await rm(folder, { recursive: true });
  }
}

/** Milliseconds from the beginning of the navigation. */
async function toPrompt(context: BrowserContext, url: string): Promise<number> {
  const page = await context.newPage();
  await page.goto(url);
  const shown = await page.waitForFunction(() => (globalThis as { promptAt?: number }).promptAt);
  const milliseconds = (await shown.jsonValue()) as number;
  await page.close();
  return milliseconds;
}

/** In the page, before its own scripts: notes when the first prompt is on the screen. */
function watchForPrompt(): void {
  const watcher = new MutationObserver(() => {
    const screen = document.querySelector(".xterm-rows")?.textContent ?? "";
    if (!/\$\s*$/.test(screen.replaceAll("\u00a0", " "))) return;
    watcher.disconnect();
    (globalThis as { promptAt?: number }).promptAt = performance.now();
  });
  watcher.observe(document, { subtree: true, childList: true, characterData: true });
}
