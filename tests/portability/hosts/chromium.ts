/** The bundle in a module Worker of a page in Chromium, served from loopback. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { launchChromium } from "../../support/chromium.ts";
import type { LineResult, RunLines } from "./host.ts";

const WORKER = `
import { runLines } from "./machine.js";
onmessage = async ({ data }) => {
  try {
    postMessage({ results: await runLines(data) });
  } catch (error) {
    postMessage({ error: String(error?.stack ?? error?.code ?? error) });
  }
};`;

export const runInChromium: RunLines = async (bundle, lines) => {
  const server = createServer((request, response) => {
    const script = request.url === "/machine.js" ? bundle : WORKER;
    const isPage = request.url === "/";
    response.setHeader("Content-Type", isPage ? "text/html" : "text/javascript");
    response.end(isPage ? "<!doctype html><title>portability</title>" : script);
  });
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
  const { port } = server.address() as AddressInfo;
  const browser = await launchChromium();
  try {
    const page = await browser.newPage();
    await page.goto(`http://127.0.0.1:${port}/`);
    return await page.evaluate(runInWorker, lines);
  } finally {
    await browser.close();
    server.close();
  }
};

/** Runs in the page. */
function runInWorker(lines: readonly string[]): Promise<LineResult[]> {
  const worker = new Worker("/worker.js", { type: "module" });
  return new Promise((resolve, reject) => {
    worker.onmessage = ({ data }) =>
      data.error ? reject(new Error(data.error)) : resolve(data.results);
    worker.onerror = (event) => reject(new Error(`worker: ${event.message}`));
    worker.postMessage(lines);
  });
}
