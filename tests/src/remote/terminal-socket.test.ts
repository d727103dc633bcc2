/** `WS /vms/NAME/terminal`: what an xterm.js needs, no more. */
import { once } from "node:events";
import { afterAll, beforeAll, expect, test } from "vitest";
import { WebSocket } from "ws";
import type { Vm } from "../../../src/vm.ts";
import { startServer, type TestServer, TOKEN } from "./server.ts";
import { until } from "./until.ts";

let remote: TestServer;
let vm: Vm;
beforeAll(async () => {
  remote = await startServer();
  vm = await remote.host.createVm({ name: "tty" });
});
afterAll(() => remote[Symbol.asyncDispose]());

async function open(query: string) {
  const url = `${remote.url.replace("http", "ws")}/vms/tty/terminal${query}`;
  const socket = new WebSocket(url, { headers: { authorization: `Bearer ${TOKEN}` } });
  const terminal = { socket, screen: "", texts: [] as object[], closed: once(socket, "close") };
  socket.on("message", (data: Buffer, binary) => {
    if (binary) terminal.screen += data.toString();
    else terminal.texts.push(JSON.parse(data.toString()));
  });
  await once(socket, "open");
  return terminal;
}

test("keys in, screen out, resize, and how it ended", async () => {
  const terminal = await open("?cols=50&rows=10");
  const { socket, texts, closed } = terminal;
  socket.send(Buffer.from("stty size\n"));
  await until(() => terminal.screen.includes("10 50"));
  socket.send(JSON.stringify({ type: "resize", cols: 132, rows: 43 }));
  socket.send(Buffer.from("stty size; exit 5\n"));
  const [code] = await closed;
  expect(terminal.screen).toContain("43 132");
  expect(texts).toEqual([{ type: "exit", exitCode: 5, signal: null }]);
  expect(code).toBe(1000);
});

test("closing it hangs the shell and its jobs up", async () => {
  const { socket } = await open("");
  socket.send(Buffer.from("sleep 1000\n"));
  const running = async () => (await vm.processes()).map(({ argv }) => argv.join(" "));
  await until(async () => (await running()).includes("sleep 1000"));
  socket.terminate();
  await until(async () => (await running()).length === 0);
});

test("a screen that nobody reads stops the program", async () => {
  const { socket } = await open("");
  socket.pause();
  socket.send(Buffer.from("yes | head -c 100000000 > /dev/tty; echo over > /tmp/over\n"));
  await until(async () => {
    const before = process.memoryUsage().arrayBuffers;
    await new Promise((resolve) => setTimeout(resolve, 200));
    return Math.abs(process.memoryUsage().arrayBuffers - before) < 1 << 16;
  });
  await expect(vm.fs.access("/tmp/over")).rejects.toMatchObject({ code: "ENOENT" });
  socket.terminate();
});

test.each(["?cols=0", "?rows=100000", "?cols=-1", "?cols=wide"])("refused: %s", async (query) => {
  const url = `${remote.url.replace("http", "ws")}/vms/tty/terminal${query}`;
  const socket = new WebSocket(url, { headers: { authorization: `Bearer ${TOKEN}` } });
  socket.on("error", () => {});
  const [, response] = await once(socket, "unexpected-response");
  expect(response.statusCode).toBe(400);
});

test.each(["no JSON", '{"type":"resize"}', '{"type":"exec","cols":1,"rows":1}', "[1]"])(
  "a text that is no resize ends it: %s",
  async (text) => {
    const { socket, closed } = await open("");
    socket.send(text);
    expect((await closed)[0]).toBe(4400);
  },
);
