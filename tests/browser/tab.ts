/** A page in Chromium with `isopod/browser` loaded, for tests. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll } from "vitest";
import { buildBrowser } from "../../scripts/build-browser.ts";
import { launchChromium } from "../support/chromium.ts";
import { type ServerOptions, serve, type TestServer } from "./server.ts";

declare global {
  /** In the page: what `isopod/browser` exports. */
  var isopod: typeof import("../../src/browser.ts");
}

export interface Tab extends AsyncDisposable {
  readonly page: Page;
  readonly context: BrowserContext;
  readonly server: TestServer;
  /** What the page and its workers wrote to the console, and what nobody caught. */
  readonly complaints: string[];
  /** Loads the page, again or in another tab. */
  load(page: Page): Promise<void>;
}

export interface TestBrowser {
  readonly browser: () => Browser;
  /** What buildBrowser made. */
  readonly files: () => string;
  /** A tab of a profile of its own, on a server of its own. */
  open(options?: Omit<ServerOptions, "files">): Promise<Tab>;
}

/** One Chromium and one build for the tests of a file. */
export function testBrowser(): TestBrowser {
  let browser: Browser;
  let files: string;

  beforeAll(async () => {
    files = await mkdtemp(join(tmpdir(), "isopod-browser-"));
    [browser] = await Promise.all([launchChromium(), buildBrowser(files)]);
  });

  afterAll(async () => {
    await browser?.close();
    await rm(files, { recursive: true });
  });

  return {
    browser: () => browser,
    files: () => files,
    async open(options = {}) {
      const server = await serve({ files, ...options });
      const context = await browser.newContext();
      const complaints: string[] = [];
      context.on("weberror", (error) => complaints.push(String(error.error())));
      context.on("console", (message) => {
        if (message.type() === "error") complaints.push(message.text());
      });
      const load = async (page: Page) => {
        await page.goto(server.url);
        await page.waitForFunction(() => globalThis.isopod !== undefined);
      };
      const page = await context.newPage();
      await load(page);
      return {
        ...{ page, context, server, complaints, load },
        async [Symbol.asyncDispose]() {
          await context.close();
          await server.close();
        },
      };
    },
  };
}
