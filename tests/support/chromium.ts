/** Finds a Chromium and starts it with the flags that a closed network and root need. */
import { existsSync } from "node:fs";
import { readlink } from "node:fs/promises";
import { join } from "node:path";
import { type Browser, type BrowserContext, chromium } from "playwright-core";

const PLACES = [
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome-stable",
  "/usr/bin/google-chrome",
  "/snap/bin/chromium",
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "C:/Program Files/Google/Chrome/Application/chrome.exe",
];

const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** A page waits no longer for what it is asked to; a busy machine is slow to show it. */
const PATIENCE_MS = 90_000;

export function findChromium(): string {
  const named = process.env["CHROMIUM_PATH"];
  const found = named ?? PLACES.find((path) => existsSync(path));
  if (found !== undefined && existsSync(found)) return found;
  throw new Error(
    `this test needs Chromium: ${named ?? "none found"}; install it (Debian: apt-get install ` +
      "chromium) or set CHROMIUM_PATH to its executable",
  );
}

export async function launchChromium(): Promise<Browser> {
  const browser = await chromium.launch({ executablePath: findChromium(), args: FLAGS });
  browser.on("context", (context) => context.setDefaultTimeout(PATIENCE_MS));
  return browser;
}

/** A browser that keeps what it stores in `folder`. */
export async function launchProfile(folder: string): Promise<BrowserContext> {
  const context = await chromium.launchPersistentContext(folder, {
    executablePath: findChromium(),
    args: FLAGS,
  });
  context.setDefaultTimeout(PATIENCE_MS);
  return context;
}

/** The process number of the browser that runs on the profile in `folder`; it keeps a link that ends in it. */
export async function profileProcess(folder: string): Promise<number> {
  const owner = await readlink(join(folder, "SingletonLock"));
  return Number(owner.slice(owner.lastIndexOf("-") + 1));
}
