/** Tabs of one browser on one origin, each with the stores' module as `window.stores`. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { resolve } from "node:path";
import type { Browser, Page } from "playwright-core";
import { launchChromium } from "../../support/chromium.ts";
import { bundle } from "../bundle.ts";
import type * as TabModule from "./tab.ts";

declare global {
  interface Window {
    stores: typeof TabModule;
  }
}

const PAGE = `<!doctype html><title>stores</title>
<script type="module">
import * as stores from "./stores.js";
window.stores = stores;
</script>`;

export interface Origin extends AsyncDisposable {
  readonly url: string;
}

/** Serves the page on loopback. */
export async function serveTabs(entry = resolve(import.meta.dirname, "tab.ts")): Promise<Origin> {
  const script = await bundle(entry);
  const server = createServer((request, response) => {
    const isPage = request.url === "/";
    response.setHeader("Content-Type", isPage ? "text/html" : "text/javascript");
    response.end(isPage ? PAGE : script);
  });
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    },
  };
}

export async function openTab(browser: Pick<Browser, "newPage">, origin: Origin): Promise<Page> {
  const page = await browser.newPage();
  await page.goto(origin.url);
  await page.waitForFunction(() => window.stores !== undefined);
  return page;
}

/** A browser with one tab, for suites that need no more. */
export async function tabOnly(): Promise<{ page: Page } & AsyncDisposable> {
  const origin = await serveTabs();
  const browser = await launchChromium();
  const page = await openTab(browser, origin);
  return {
    page,
    async [Symbol.asyncDispose]() {
      await browser.close();
      await origin[Symbol.asyncDispose]();
    },
  };
}
