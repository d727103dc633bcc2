/** The playground in a real Chromium, and what a visitor does there. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, BrowserContext, BrowserContextOptions, Page } from "playwright-core";
import { build } from "vite";
import { afterAll, beforeAll } from "vitest";
import { buildBrowser } from "../../scripts/build-browser.ts";
import { playgroundConfig } from "../../web-demo/vite.config.ts";
import { launchChromium } from "../support/chromium.ts";
import { type PlaygroundServer, servePlayground } from "./server.ts";

export interface Visit extends AsyncDisposable {
  readonly context: BrowserContext;
  readonly page: Page;
  readonly server: PlaygroundServer;
  /** What the page wrote to the console as errors, and what nobody caught. */
  readonly complaints: string[];
}

export interface VisitOptions extends BrowserContextOptions {
  readonly isolated?: boolean;
  /** Appended to the page's address. */
  readonly address?: string;
}

/** Builds the page into `folder`. */
export async function buildPlayground(folder: string): Promise<void> {
  const files = join(folder, "browser");
  await buildBrowser(files);
  const config = playgroundConfig(join(folder, "page"), { files });
  await build({ ...config, configFile: false, logLevel: "error" });
}

/** One build and one browser for the tests of a file; each visit is a profile of its own. */
export function playground(): { visit(options?: VisitOptions): Promise<Visit> } {
  let folder: string;
  let browser: Browser;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "isopod-playground-"));
    [browser] = await Promise.all([launchChromium(), buildPlayground(folder)]);
  });

  afterAll(async () => {
    await browser?.close();
    await rm(folder, { recursive: true });
  });

  return {
    async visit({ isolated = true, address = "", ...options } = {}) {
      const server = await servePlayground(join(folder, "page"), { isolated });
      const context = await browser.newContext({
        viewport: { width: 1280, height: 800 },
        colorScheme: "dark",
        ...options,
      });
      const complaints: string[] = [];
      context.on("weberror", (error) => complaints.push(String(error.error())));
      context.on("console", (message) => {
        if (message.type() === "error") complaints.push(message.text());
      });
      const page = await context.newPage();
      await page.goto(server.url + address);
      return {
        ...{ context, page, server, complaints },
        async [Symbol.asyncDispose]() {
          await context.close();
          await server.close();
        },
      };
    },
  };
}

/** Of the terminal that is shown. */
export function screen(page: Page): Promise<string> {
  return page.evaluate(readScreen);
}

/** Resolves when the terminal shows `text`; the error says what it shows instead. */
export async function shows(page: Page, text: string | RegExp): Promise<string> {
  const [source, flags] =
    typeof text === "string" ? [escaped(text), ""] : [text.source, text.flags];
  try {
    await page.waitForFunction(
      ([source, flags]) => {
        const rows = document.querySelectorAll(".terminal-host:not([hidden]) .xterm-rows > div");
        const screen = [...rows]
          .map((row) => row.textContent.replaceAll("\u00a0", " ").trimEnd())
          .join("\n");
        return new RegExp(source, flags).test(screen);
      },
      [source, flags] as const,
    );
  } catch (cause) {
    throw new Error(`never showed ${text}; the terminal shows:\n${await screen(page)}`, { cause });
  }
  return screen(page);
}

/** The shell waits for a line. */
export async function prompt(page: Page): Promise<void> {
  await shows(page, /\$ *\n*\s*$/);
}

/** Types a line once the shell waits for one. */
export async function line(page: Page, command: string): Promise<void> {
  await prompt(page);
  await page.locator(".terminal-host:not([hidden]) textarea").focus();
  await page.keyboard.type(`${command}\n`);
}

let runs = 0;

/** As line, and resolves when it has run. */
export async function run(page: Page, command: string): Promise<void> {
  const number = ++runs;
  await line(page, `${command}; echo ran=$((${number}))`);
  await shows(page, new RegExp(`^ran=${number}$`, "m"));
}

function readScreen(): string {
  const rows = document.querySelectorAll(".terminal-host:not([hidden]) .xterm-rows > div");
  return [...rows].map((row) => row.textContent.replaceAll("\u00a0", " ").trimEnd()).join("\n");
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
