/** A page that a guest serves, in Chromium, through its preview: what it may do, and what it may not. */
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Vm } from "../../src/index.ts";
import { HTTP_SERVER, startServer as startGuest } from "../src/guest-servers.ts";
import { startServer, type TestServer } from "../src/remote/server.ts";
import { launchChromium } from "../support/chromium.ts";

const PORT = 3000;
let browser: Browser;
let remote: TestServer;
let vm: Vm;

beforeAll(async () => {
  browser = await launchChromium();
  remote = await startServer();
  vm = await remote.host.createVm({ name: "dev" });
  await startGuest(vm, PORT, HTTP_SERVER(PORT));
});
afterAll(async () => {
  await browser?.close();
  await vm?.dispose();
  await remote?.[Symbol.asyncDispose]();
});

/** In the page: what came back over a WebSocket. */
function overWebSocket(path: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(new URL(path, document.baseURI.replace(/^http/, "ws")));
    socket.onopen = () => socket.send("from a browser");
    socket.onmessage = ({ data }) => {
      socket.close();
      resolve(String(data));
    };
    socket.onerror = () => reject(new Error("the WebSocket failed"));
  });
}

test("a page, its requests, its WebSocket and its events", async () => {
  const page = await browser.newPage();
  const { url } = await vm.preview(PORT);
  const response = await page.goto(url);
  expect(await response?.text()).toBe("hello GET /");
  expect(page.url()).toBe(new URL("/", url).href);
  expect(
    await page.evaluate(() => fetch("/echo", { method: "POST", body: "x" }).then((r) => r.text())),
  ).toBe("x");
  expect(await page.evaluate(overWebSocket, "/socket")).toBe("echo from a browser");
  const event = () =>
    new Promise<string>((resolve) => {
      const events = new EventSource("/events");
      events.onmessage = ({ data }) => {
        events.close();
        resolve(data);
      };
    });
  expect(await page.evaluate(event)).toBe("1");
  await page.close();
});

test("a guest's page reaches neither the API nor another preview", async () => {
  const page = await browser.newPage();
  const { url } = await vm.preview(PORT);
  await page.goto(url);
  const reach = (address: string) =>
    fetch(address, { credentials: "include" }).then(
      (answer) => `${answer.status}`,
      () => "refused",
    );
  expect(await page.evaluate(reach, "/own")).toBe("200");
  const api = remote.url.replace("127.0.0.1", "localhost");
  expect(await page.evaluate(reach, `${api}/vms`)).toBe("refused");
  expect(await page.evaluate(reach, url.replace("3000--dev", "3001--dev"))).toBe("refused");
  await page.close();
});

test("the path form runs its scripts with an origin of nobody's", async () => {
  const page = await browser.newPage();
  const { pathUrl } = await vm.preview(PORT);
  await page.goto(pathUrl);
  expect(await page.evaluate(() => self.origin)).toBe("null");
  const cookies = () => {
    try {
      return document.cookie;
    } catch (error) {
      return (error as Error).name;
    }
  };
  expect(await page.evaluate(cookies)).toBe("SecurityError");
  expect(await page.evaluate(() => fetch("a").then((r) => r.text()))).toMatch(/^hello GET \/a/);
  expect(await page.evaluate(overWebSocket, "socket")).toBe("echo from a browser");
  await page.close();
});
