/** IndexedDB stores of several tabs, with a quota that is full, and in a browser that fails. */
import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { launchChromium } from "../../support/chromium.ts";
import { type Origin, openTab, serveTabs } from "./tabs.ts";

let origin: Origin;
let browser: Browser;
let pages: Page[] = [];

beforeAll(async () => {
  origin = await serveTabs();
  browser = await launchChromium();
});

afterAll(async () => {
  await browser?.close();
  await origin?.[Symbol.asyncDispose]();
});

/** Tabs that share what they store, with nobody else. */
async function tabs(count: number): Promise<Page[]> {
  const context = await browser.newContext();
  for (let i = 0; i < count; i++) pages.push(await openTab(context, origin));
  return pages;
}

afterEach(async () => {
  await pages[0]?.context().close();
  pages = [];
});

describe("tabs", () => {
  test("a second tab is refused by name, until the first is closed", async () => {
    const [first, second] = (await tabs(2)) as [Page, Page];
    const lock = (page: Page) =>
      page.evaluate(async () => {
        const store = await window.stores.openStore("shared");
        return store.lock("machines/main").then(
          () => "locked",
          (error) => `${error.code}: ${error.message}`,
        );
      });
    expect(await lock(first)).toBe("locked");
    expect(await lock(first)).toMatch(/^ERR_STORE_BUSY: .* by another machine of this tab/);
    expect(await lock(second)).toMatch(
      /^ERR_STORE_BUSY: machines\/main is in use by another tab: only one machine/,
    );
    await first.close();
    pages = [second];
    await expect.poll(() => lock(second)).toBe("locked");
  });

  test("what one tab commits the other reads", async () => {
    const [first, second] = (await tabs(2)) as [Page, Page];
    const hash = await first.evaluate(() => window.stores.commitOne("shared", 1, 3000));
    expect(await second.evaluate(() => window.stores.sizes("shared"))).toEqual({ [hash]: 3000 });
  });
});

test("a full quota is ENOSPC; nothing is lost, and what fits later is stored", async () => {
  const [page] = (await tabs(1)) as [Page];
  const session = await page.context().newCDPSession(page);
  const quota = (quotaSize: number) =>
    session.send("Storage.overrideQuotaForOrigin", {
      origin: new URL(origin.url).origin,
      quotaSize,
    });
  // Browsers look at a quota now and then, not at every write.
  await quota(5 << 20);
  const hash = await page.evaluate(() => window.stores.commitOne("full", 1, 3000));
  const fill = () => page.evaluate(() => window.stores.fill("full", 20, 1 << 20));
  expect(await fill()).toBe("ENOSPC");
  expect(await page.evaluate(() => window.stores.sizes("full"))).toMatchObject({ [hash]: 3000 });
  const { ref, wrong } = await page.evaluate(() => window.stores.verify("full"));
  expect(wrong).toEqual([]);
  expect(ref).toMatch(/^[0-9a-f]{64}$/);
  await quota(1 << 30);
  await expect.poll(fill, { interval: 500 }).toBe("stored");
});

test("a browser that fails is EIO, and the store works again when it does", async () => {
  const [page] = (await tabs(1)) as [Page];
  const hash = await page.evaluate(() => window.stores.commitOne("broken", 1, 3000));
  const failures = await page.evaluate(() => window.stores.whileFailing("broken"));
  expect(failures).toEqual({ put: "EIO", get: "EIO", swapRef: "EIO", lock: "locked" });
  expect(await page.evaluate(() => window.stores.refOf("broken"))).toBe(hash);
});

test("a browser without what is needed is told so", async () => {
  const [page] = (await tabs(1)) as [Page];
  const message = await page.evaluate(async () => {
    Object.defineProperty(navigator, "locks", { value: undefined });
    return window.stores.openStore("any").then(
      () => "opened",
      (error) => error.message,
    );
  });
  expect(message).toBe("stored machines need navigator.locks, which this browser lacks here");
});
