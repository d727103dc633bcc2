/** `npm run screenshots`: the pictures of the playground in docs/images, made by using it. */
import { mkdir, mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { launchChromium } from "../support/chromium.ts";
import { buildPlayground, line, prompt, shows } from "./playground.ts";
import { servePlayground } from "./server.ts";

const IMAGES = resolve(import.meta.dirname, "../../docs/images");
const BYTES_MAX = 200_000;

const WIDE: BrowserContextOptions = { viewport: { width: 1280, height: 800 } };
const PHONE: BrowserContextOptions = {
  viewport: { width: 390, height: 844 },
  isMobile: true,
  hasTouch: true,
};

const APP = `cat > app/sum.js <<'END'
/** The sum of what a list of orders costs. */
export function total(orders) {
  return orders
    .filter((order) => order.paid)
    .reduce((sum, { price, count }) => sum + price * count, 0);
}
END`;

const REPL = [
  "const orders = [{ what: 'pen', price: 2 }, { what: 'ink', price: 9 }]",
  "orders.toSorted((a, b) => b.price - a.price)",
  "await fs.promises.readdir('/', { withFileTypes: true }).then((all) => all.length)",
  "process.versions.node + ' on ' + os.release()",
  "require('node:crypto').createHash('sha256').update('isopod').digest('hex').slice(0, 16)",
];

const folder = await mkdtemp(join(tmpdir(), "isopod-screenshots-"));
await mkdir(IMAGES, { recursive: true });
await buildPlayground(folder);
const server = await servePlayground(join(folder, "page"));
const browser = await launchChromium();
try {
  await visit(browser, { ...WIDE, colorScheme: "dark" }, async (page) => {
    await work(page);
    await page.getByRole("tab", { name: "Files" }).click();
    await page.getByRole("treeitem", { name: "app" }).click();
    await page.getByRole("treeitem", { name: "sum.js" }).click();
    await page.locator(".cm-activeLine").waitFor();
    await take(page, "playground");
  });
  await visit(browser, { ...WIDE, colorScheme: "light" }, async (page) => {
    await work(page);
    await page.getByRole("tab", { name: "Timeline" }).click();
    await snapshot(page, "First draft");
    await line(page, "rm app/orders.csv; mkdir app/test; touch app/test/sum.test.js");
    await prompt(page);
    await snapshot(page, "With tests");
    await line(page, "rm -rf app; ls");
    await prompt(page);
    await snapshot(page, "Everything gone");
    await page.locator(".changes summary").first().waitFor();
    await page.locator(".changes summary").nth(1).click();
    await take(page, "playground-timeline");
  });
  await visit(browser, { ...WIDE, colorScheme: "dark" }, async (page) => {
    await line(page, "clear; node");
    await shows(page, /\n>\s*$/);
    for (const each of REPL) {
      await page.keyboard.type(`${each}\n`);
      await shows(page, /\n>\s*$/);
    }
    await page.keyboard.type("os.net\t");
    await shows(page, /^> os\.networkInterfaces/m);
    await take(page, "playground-node");
  });
  await visit(browser, { ...PHONE, colorScheme: "dark" }, async (page) => {
    await line(page, "seq 100 | grep 7 | sort -rn | head -n 3");
    await line(page, "uname -sr; ls /usr/bin | wc -l; ls -a");
    await prompt(page);
    await take(page, "playground-phone");
  });
} finally {
  await browser.close();
  await server.close();
  await rm(folder, { recursive: true });
}

async function visit(
  browser: Browser,
  options: BrowserContextOptions,
  act: (page: Page) => Promise<void>,
): Promise<void> {
  const context = await browser.newContext({ ...options, reducedMotion: "reduce" });
  const page = await context.newPage();
  await page.goto(server.url);
  await prompt(page);
  await act(page);
  await context.close();
}

/** A little project, so that there is something to see. */
async function work(page: Page): Promise<void> {
  await line(page, "mkdir app; clear");
  for (const each of APP.split("\n")) {
    await page.keyboard.type(`${each}\n`);
    if (each.startsWith("cat")) await shows(page, />\s*$/);
  }
  await line(page, "printf '%s\\n' pen,2 ink,9 pad,4 > app/orders.csv; clear");
  await line(
    page,
    "sort -t, -k2 -rn app/orders.csv | awk -F, '{n += $2; print $1, $2} END {print n}'",
  );
  await prompt(page);
  await line(page, "wc app/*; ls -l --color app");
  await prompt(page);
}

async function snapshot(page: Page, label: string): Promise<void> {
  await page.getByLabel("Name of the snapshot").fill(label);
  await page.getByRole("button", { name: "Snapshot", exact: true }).click();
  await page.getByRole("listitem").filter({ hasText: label }).first().waitFor();
}

async function take(page: Page, name: string): Promise<void> {
  const path = join(IMAGES, `${name}.png`);
  await page.locator(".status", { hasText: "Saved" }).waitFor();
  await page.screenshot({ path, animations: "disabled" });
  const { size } = await stat(path);
  if (size > BYTES_MAX) throw new Error(`${path} has ${size} bytes, more than ${BYTES_MAX}`);
  process.stdout.write(`${path} ${size}\n`);
}
