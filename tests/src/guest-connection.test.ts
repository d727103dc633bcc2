/** vm.connect and vm.waitForPort against servers in the machine. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createVm, type Vm } from "../../src/index.ts";
import { startServer } from "./guest-servers.ts";

let vm: Vm;
const ECHO = 4000;
const SERVER = `
const net = require("node:net");
// Answers when the other side has ended, so that half-closes show.
const echo = (socket) => {
  const pieces = [];
  socket.on("data", (piece) => {
    if (piece.toString().startsWith("now ")) socket.write(piece);
    else pieces.push(piece);
  });
  socket.on("end", () => socket.end(Buffer.concat(pieces)));
  socket.on("error", () => {});
};
net.createServer({ allowHalfOpen: true }, echo).listen("/tmp/echo.sock");
net.createServer((socket) => socket.resetAndDestroy()).listen(4001);
net.createServer((socket) => socket.pause()).listen(4002);
net.createServer({ allowHalfOpen: true }, echo).listen(4003, "::1");
net.createServer({ allowHalfOpen: true }, echo).listen(${ECHO}, "127.0.0.1");
`;

beforeAll(async () => {
  vm = await createVm();
  await startServer(vm, ECHO, SERVER);
});
afterAll(() => vm?.dispose());

const text = (stream: ReadableStream<Uint8Array>) => new Response(stream as never).text();

describe("connections", () => {
  for (const [where, server] of [
    ["a port", ECHO],
    ["a port of ::1", 4003],
    ["a Unix socket", { path: "/tmp/echo.sock" }],
  ] as const) {
    test(`${where}: bytes both ways, and what comes after our end`, async () => {
      const connection = await vm.connect(server);
      const writer = connection.writable.getWriter();
      await writer.write("a");
      await writer.write(new Uint8Array(2 << 20).fill(98));
      await writer.close();
      const answer = await text(connection.readable);
      expect(answer).toHaveLength(1 + (2 << 20));
      expect(answer.slice(0, 2)).toBe("ab");
      await connection.closed;
    });
  }

  test("what is written is there while both sides are open", async () => {
    await using connection = await vm.connect(ECHO);
    await connection.writable.getWriter().write("now is the time");
    const { value } = await connection.readable.getReader().read();
    expect(Buffer.from(value as Uint8Array).toString()).toBe("now is the time");
  });

  test("a server that does not read stops the writer", async () => {
    await using connection = await vm.connect(4002);
    const writer = connection.writable.getWriter();
    let written = 0;
    const piece = new Uint8Array(1 << 20);
    const writing = (async () => {
      for (;;) {
        await writer.write(piece);
        written++;
      }
    })();
    writing.catch(() => {});
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(written).toBeLessThan(8);
  });

  test("nobody listens: as Node says it", async () => {
    await expect(vm.connect(9)).rejects.toMatchObject({
      code: "ECONNREFUSED",
      syscall: "connect",
      message: expect.stringContaining("127.0.0.1:9"),
    });
    await expect(vm.connect({ path: "/tmp/none" })).rejects.toMatchObject({ code: "ENOENT" });
  });

  test("a reset breaks it", async () => {
    const connection = await vm.connect(4001);
    await expect(text(connection.readable)).rejects.toMatchObject({ code: "ECONNRESET" });
    await expect(connection.closed).rejects.toMatchObject({ code: "ECONNRESET" });
  });

  test("only the machine's own addresses are reached", async () => {
    await expect(vm.connect(80, { host: "10.0.0.1" })).rejects.toThrow("loopback");
    await expect(vm.connect(80, { host: "example.com" })).rejects.toThrow("loopback");
    await using connection = await vm.connect(ECHO, { host: "127.0.0.1" });
    expect(connection.readable).toBeInstanceOf(ReadableStream);
  });

  test("close ends a read that waits", async () => {
    const connection = await vm.connect(ECHO);
    const reading = connection.readable.getReader().read();
    await connection.close();
    expect(await reading).toMatchObject({ done: true });
    await connection.closed;
  });
});

describe("waiting for a port", () => {
  test("resolves when somebody listens, also later", async () => {
    await vm.waitForPort(ECHO);
    const waiting = vm.waitForPort(4010, { timeout: 100_000 });
    await vm.spawn(["node", "-e", "require('net').createServer().listen(4010)"]);
    await waiting;
    await using connection = await vm.connect(4010);
    expect(connection.writable).toBeInstanceOf(WritableStream);
  });

  test("ends by its timeout or signal", async () => {
    await expect(vm.waitForPort(4011, { timeout: 10 })).rejects.toMatchObject({
      code: "ETIMEDOUT",
    });
    const aborted = AbortSignal.abort(new Error("no more"));
    await expect(vm.waitForPort(4011, { signal: aborted })).rejects.toThrow("no more");
    const later = new AbortController();
    const waiting = vm.waitForPort(4011, { signal: later.signal });
    setTimeout(() => later.abort(new Error("changed my mind")), 5);
    await expect(waiting).rejects.toThrow("changed my mind");
  });
});
