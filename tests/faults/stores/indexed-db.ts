/** IndexedDB stores: the tab's process crashes, and every few times the whole browser is killed. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import type { BrowserContext, Page } from "playwright-core";
import { openTab, serveTabs } from "../../portability/stores/tabs.ts";
import { launchProfile, profileProcess } from "../../support/chromium.ts";
import type { CrashTarget } from "./crash-target.ts";
import type * as TabModule from "./tab.ts";

const BROWSER_EVERY = 8;

type Tab = { readonly stores: typeof TabModule };

export async function indexedDbTarget(): Promise<CrashTarget> {
  const profile = await mkdtemp(join(tmpdir(), "isopod-profile-"));
  const origin = await serveTabs(resolve(import.meta.dirname, "tab.ts"));
  let browser: BrowserContext = await launchProfile(profile);
  let kills = 0;

  const killBrowser = async () => {
    const closed = new Promise((settle) => browser.once("close", settle));
    process.kill(await profileProcess(profile), "SIGKILL");
    await closed;
  };

  return {
    async writeAndKill(seed, delay) {
      const page = await openTab(browser, origin);
      const first = Promise.withResolvers<void>();
      let last: number | undefined;
      page.on("console", (message) => {
        const text = message.text();
        if (text.startsWith("failed")) first.reject(new Error(text));
        const [, commit] = /^commit (\d+)$/.exec(text) ?? [];
        if (commit === undefined) return;
        last = Number(commit);
        first.resolve();
      });
      const writing = page.evaluate((seed) => {
        void (globalThis as unknown as Tab).stores.write(seed);
      }, seed);
      await writing;
      await first.promise;
      await wait(delay);
      kills += 1;
      if (kills % BROWSER_EVERY === 0) {
        await killBrowser();
        browser = await launchProfile(profile);
      } else {
        await crashTab(page);
      }
      return last;
    },

    async find(seed) {
      const page = await openTab(browser, origin);
      try {
        return await page.evaluate(
          (seed) => (globalThis as unknown as Tab).stores.findStored(seed),
          seed,
        );
      } finally {
        await page.close();
      }
    },

    async [Symbol.asyncDispose]() {
      await browser.close();
      await origin[Symbol.asyncDispose]();
      await rm(profile, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/** The process that draws the page ends as by a fault of its own. */
async function crashTab(page: Page): Promise<void> {
  const session = await page.context().newCDPSession(page);
  const crashed = new Promise((settle) => page.once("crash", settle));
  session.send("Page.crash").catch(() => {});
  await crashed;
  await page.close();
}
