/** An Express application with WebSockets (ws), unmodified, in a machine: by vm.fetch, and in Chromium through its preview. */
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { baseImagePresent } from "../../src/images/base-image-present.ts";
import { nodeModulesMount } from "../../src/index.ts";
import { normalizeVmOptions } from "../../src/options/vm-options.ts";
import { listen } from "../../src/remote/node/http-server.ts";
import type { MachineHost } from "../../src/remote/server/host.ts";
import { Previews } from "../../src/remote/server/previews/previews.ts";
import { RemoteServer } from "../../src/remote/server/server.ts";
import { RemoteMachine } from "../../src/remote-machine.ts";
import { workerThread } from "../../src/thread/worker-thread.ts";
import { Vm } from "../../src/vm.ts";
import { installPackages } from "../packages/install.ts";
import { startServer } from "../src/guest-servers.ts";
import { launchChromium } from "../support/chromium.ts";

const PORT = 3000;
const APP = `
const express = require("express");
const { WebSocketServer } = require("ws");
const app = express();
app.use(express.json());
app.get("/", (request, response) => response.send("<h1>Express</h1><script src=page.js></script>"));
app.get("/page.js", (request, response) => response.type("js").send("document.title = 'ran'"));
app.post("/sum", (request, response) => response.json({ sum: request.body.a + request.body.b }));
app.get("/cookie", (request, response) => response.cookie("seen", "1").redirect("/"));
const server = app.listen(${PORT});
new WebSocketServer({ server }).on("connection", (socket) => {
  socket.on("message", (data, isBinary) => socket.send(isBinary ? data : "express: " + data));
});
`;

let vm: Vm;
let host: MachineHost;
let browser: Browser;

beforeAll(async () => {
  const [modules] = await Promise.all([installPackages(), baseImagePresent()]);
  browser = await launchChromium();
  const mounts = nodeModulesMount(modules, { at: "/tmp/node_modules" });
  const thread = workerThread();
  const id = await thread.create((await normalizeVmOptions({ mounts })).machine);
  vm = new Vm(RemoteMachine.attach(thread, id));
  host = {
    list: async () => [{ name: "app", state: "on", temporary: false }],
    attach: async () => ({ thread, id, release() {} }),
    create: async () => "",
    remove: async () => {},
  };
  await startServer(vm, PORT, APP);
}, 600_000);
afterAll(async () => {
  await browser?.close();
  await vm?.dispose();
});

test("answers vm.fetch", async () => {
  expect(await (await vm.fetch(PORT)).text()).toContain("<h1>Express</h1>");
  const headers = { "content-type": "application/json" };
  const body = JSON.stringify({ a: 1, b: 2 });
  const sum = await vm.fetch(PORT, "/sum", { method: "POST", headers, body });
  expect(await sum.json()).toEqual({ sum: 3 });
  const moved = await vm.fetch(PORT, "/cookie");
  expect([moved.status, moved.headers.get("set-cookie")]).toEqual([302, "seen=1; Path=/"]);
});

test("answers a browser, its scripts and its WebSockets, through the preview", async () => {
  const token = "a-token-of-the-test";
  const previews = new Previews({ machines: host, token });
  const server = new RemoteServer({ machines: host, token, origins: [], previews });
  const listening = await listen(server, { hostname: "127.0.0.1", port: 0 }, previews);
  const page = await browser.newPage();
  try {
    const wanted = { isPublic: false, seconds: 60 };
    const { url } = await previews.link("app", PORT, wanted, new URL(listening.url));
    await page.goto(url);
    expect([await page.textContent("h1"), await page.title()]).toEqual(["Express", "ran"]);
    const sum = () =>
      fetch("/sum", {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ a: 20, b: 22 }),
      }).then((response) => response.json());
    expect(await page.evaluate(sum)).toEqual({ sum: 42 });
    const talk = () =>
      new Promise<unknown[]>((resolve, reject) => {
        const socket = new WebSocket(location.href.replace(/^http/, "ws"));
        socket.binaryType = "arraybuffer";
        const got: unknown[] = [];
        socket.onopen = () => {
          socket.send("hello");
          socket.send(new Uint8Array(300_000));
        };
        socket.onmessage = ({ data }) => {
          got.push(typeof data === "string" ? data : data.byteLength);
          if (got.length === 2) socket.close();
        };
        socket.onclose = ({ code }) => resolve([...got, code]);
        socket.onerror = () => reject(new Error("the WebSocket failed"));
      });
    expect(await page.evaluate(talk)).toEqual(["express: hello", 300_000, 1005]);
  } finally {
    await page.close();
    await listening.close();
  }
});
