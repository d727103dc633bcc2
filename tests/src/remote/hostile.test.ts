/** Clients that mean harm, or know no better: each message is refused, and the server serves on. */
import { request } from "node:http";
import { connect as connectTcp } from "node:net";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { encodeFrame, FrameKind } from "../../../src/remote/frames.ts";
import { REQUEST_BYTES_MAX, REQUESTS_MAX, WINDOW_BYTES } from "../../../src/remote/protocol.ts";
import { mayAnswerPing } from "../../../src/remote/server/pings.ts";
import { encodeValue } from "../../../src/remote/values.ts";
import type { Vm } from "../../../src/vm.ts";
import { RawClient } from "./raw-client.ts";
import { startServer, type TestServer } from "./server.ts";

let remote: TestServer;
let vm: Vm;
let client: RawClient;
beforeAll(async () => {
  remote = await startServer();
  vm = await remote.host.createVm({ name: "target" });
});
afterAll(() => remote[Symbol.asyncDispose]());
beforeEach(async () => {
  client = await RawClient.open(remote.url, "/vms/target/rpc");
});
afterEach(async () => {
  client.socket.terminate();
  // The positive control of every test: the machine serves others as before.
  expect((await vm.exec("echo alive")).stdout).toBe("alive\n");
});

const spawnable = {
  argv: ["true"],
  env: {},
  stdin: "ignore",
  stdout: "ignore",
  stderr: "ignore",
};

test("a request that is right is served", async () => {
  expect(await client.request("machine", "spawn", spawnable)).toMatchObject(["ok", { child: 1 }]);
  const [kind, stat] = await client.request("files", "stat", "/etc/passwd");
  expect([kind, typeof (stat as { mtime: unknown }).mtime]).toEqual(["ok", "bigint"]);
});

test.each([
  [["machine", "constructor"]],
  [["machine", "start"]],
  [["machine", "shutdown"]],
  [["machine", "trace"]],
  [["machine", "__proto__"]],
  [["machine", "files"]],
  [["files", "toString"]],
  [["files", "hasOwnProperty"]],
  [["__proto__", "toString"]],
  [["constructor", "name"]],
  [["trees", ""]],
  [[null, null]],
  [[{}, []]],
  [["machine"]],
])("no operation: %j", async ([part, name]) => {
  expect(await client.request(part, name)).toMatchObject([
    "failed",
    { code: "ERR_NO_SUCH_OPERATION" },
  ]);
});

test.each<[string, unknown]>([
  ["nothing", undefined],
  ["a number", 1],
  ["an empty array", []],
  ["another kind", ["create", {}]],
  ["a request without arguments", ["request", "files", "stat"]],
  ["arguments that are no array", ["request", "files", "stat", { 0: "/" }]],
])("no request: %s", async (_what, message) => {
  expect(await client.ask(message)).toMatchObject(["failed", { failure: true }]);
});

test.each<[string, string, unknown[]]>([
  ["files", "stat", []],
  ["files", "stat", [1]],
  ["files", "stat", ["/etc/passwd", "more"]],
  ["files", "stat", ["/nul\0byte"]],
  ["files", "stat", ["x".repeat(70_000)]],
  ["files", "read", ["0", 1, 0]],
  ["files", "read", [0.5, 1, 0]],
  ["files", "read", [0, -1, 0]],
  ["files", "read", [0, 1, -1]],
  ["files", "writeFile", ["/tmp/x", "text", 0, 0, false]],
  ["files", "writeFile", ["/tmp/x", new Uint8Array(3 << 20), 0, 0, false]],
  ["files", "utimes", ["/tmp", 0, 0]],
  ["files", "utimes", ["/tmp", 2n ** 200n, 0n]],
  ["files", "chown", ["/tmp", -5, 0]],
  ["trees", "remove", ["/", 1, true]],
  ["machine", "kill", [{}, "SIGKILL"]],
  ["machine", "kill", [1, "x".repeat(100)]],
  ["machine", "resize", [0, 0, 0]],
  ["machine", "resize", [0, 1e9, 80]],
  ["machine", "spawn", [{ ...spawnable, argv: "true" }]],
  ["machine", "spawn", [{ ...spawnable, argv: [1] }]],
  ["machine", "spawn", [{ ...spawnable, argv: new Array(70_000).fill("x") }]],
  ["machine", "spawn", [{ ...spawnable, env: { "A=B": "c" } }]],
  ["machine", "spawn", [{ ...spawnable, env: [] }]],
  ["machine", "spawn", [{ ...spawnable, stdin: "inherit" }]],
  ["machine", "spawn", [{ ...spawnable, setuid: 0 }]],
  ["machine", "run", [{ argv: ["true"], env: {}, token: -1, timeout: 0, maxBuffer: 1 }]],
  ["machine", "openTerminal", [{ argv: ["bash"], env: {}, cols: 0, rows: 0 }]],
  ["machine", "mount", [{ target: "relative", source: { type: "memory", readOnly: false } }]],
])("arguments that are refused: %s.%s (%#)", async (part, name, args) => {
  expect(await client.request(part, name, ...args)).toMatchObject([
    "failed",
    { code: "ERR_BAD_REQUEST" },
  ]);
});

test("a directory of the host is never mounted; memory is", async () => {
  const mount = (source: object) =>
    client.request("machine", "mount", { target: "/mnt/x", source });
  for (const source of [
    { type: "host-directory", path: "/", readOnly: false },
    { type: "host-directory", path: "/etc", readOnly: true, more: 1 },
  ]) {
    expect(await mount(source)).toMatchObject(["failed", { code: "ERR_HOST_DIRECTORY_REFUSED" }]);
  }
  expect(await mount({ type: "HOST-directory", path: "/", readOnly: true })).toMatchObject([
    "failed",
    { code: "ERR_BAD_REQUEST" },
  ]);
  expect(await mount({ type: "memory", readOnly: false })).toEqual(["ok", undefined]);
  await vm.unmount("/mnt/x");
});

test("descriptors and children of others, and pid 1's own, are out of reach", async () => {
  await using file = await vm.fs.open("/etc/passwd");
  for (const fd of [0, 1, 2, 3, file.fd, 4095]) {
    for (const [part, name, ...rest] of [
      ["files", "read", 10, 0],
      ["files", "close"],
      ["files", "fstat"],
      ["files", "list"],
      ["machine", "readStream", 10],
      ["machine", "closeStream"],
    ] as const) {
      expect(await client.request(part, name, fd, ...rest)).toMatchObject(["failed", { errno: 9 }]);
    }
  }
  expect((await file.read(new Uint8Array(4), 0, 4, 0)).bytesRead).toBe(4);
  const child = await vm.spawn(["sleep", "1000"]);
  expect(await client.request("machine", "exit", 1)).toMatchObject(["failed", { errno: 10 }]);
  await child.kill("SIGKILL");
});

test("two clients that choose the same token cancel only their own", async () => {
  const other = await RawClient.open(remote.url, "/vms/target/rpc");
  const run = (of: RawClient) =>
    of.request("machine", "run", {
      argv: ["sleep", "1000"],
      env: {},
      token: 1,
      timeout: 0,
      maxBuffer: 100,
    });
  let ended = false;
  const first = run(client);
  const second = run(other).finally(() => {
    ended = true;
  });
  expect(await client.request("machine", "cancel", 1)).toEqual(["ok", undefined]);
  expect(await first).toMatchObject(["ok", { cause: "cancel" }]);
  expect(ended).toBe(false);
  await other.request("machine", "cancel", 1);
  expect(await second).toMatchObject(["ok", { cause: "cancel" }]);
  other.socket.terminate();
});

test("a file that never ends is refused, not gathered", async () => {
  const answer = await client.request("files", "readFile", "/dev/zero", 0);
  expect(answer).toMatchObject(["failed", { errno: 27 }]);
});

test("a request that is too large is refused; the session goes on", async () => {
  const large = encodeValue(["request", "files", "stat", ["x".repeat(REQUEST_BYTES_MAX)]]);
  expect(await client.askBytes(large)).toMatchObject(["failed", { code: "ERR_REQUEST_TOO_LARGE" }]);
  expect(await client.request("files", "access", "/", 0)).toEqual(["ok", undefined]);
});

test("requests beyond the number under way are refused; the others are served", async () => {
  const sleeper = { ...spawnable, argv: ["sleep", "1000"] };
  const { child } = (await client.request("machine", "spawn", sleeper))[1] as { child: number };
  const waiting = Array.from({ length: REQUESTS_MAX + 50 }, () =>
    client.request("machine", "exit", child),
  );
  const [kind, failure] = await Promise.race(waiting);
  expect([kind, failure]).toMatchObject(["failed", { code: "ERR_TOO_MANY_REQUESTS" }]);
});

test.each<[string, (raw: RawClient) => void]>([
  ["bytes that are no frame", (raw) => raw.socket.send(Buffer.from("hello there, server"))],
  ["an empty message", (raw) => raw.socket.send(Buffer.alloc(0))],
  ["text", (raw) => raw.socket.send("GET / HTTP/1.1")],
  ["a frame that is too large", (raw) => raw.socket.send(Buffer.alloc(1 << 20))],
  ["parts without an end, and with nothing in them", (raw) => raw.send(1, 1, new Uint8Array(0))],
  [
    "parts of too many messages",
    (raw) => {
      for (let id = 1; id < 100; id++) raw.send(1, id, new Uint8Array(10));
    },
  ],
])("ends the connection: %s", async (_what, act) => {
  act(client);
  const { code } = await client.closed;
  expect([1009, 4400]).toContain(code);
});

test("who asks on and on and takes no answer is cut off, and answers stay few", async () => {
  await vm.fs.writeFile("/tmp/large", new Uint8Array(WINDOW_BYTES));
  let bytes = 0;
  const full = new Promise<void>((resolve) => {
    client.socket.on("message", (data: Buffer) => {
      bytes += data.length;
      if (bytes >= WINDOW_BYTES) resolve();
    });
  });
  // Nothing is ever acknowledged, so a window's worth of answers comes and no more.
  const ask = (id: number, name: string, path: string) => {
    const payload = encodeValue(["request", "files", name, [path, 0]]);
    const frame = encodeFrame({ kind: FrameKind.LAST, acknowledged: 0, message: id, payload });
    client.socket.send(frame);
  };
  for (let id = 1; id <= 2; id++) ask(id, "readFile", "/tmp/large");
  await full;
  for (let id = 3; id <= REQUESTS_MAX * 7; id++) ask(id, "access", "/tmp");
  expect(await client.closed).toMatchObject({ code: 4400, reason: "answers are not read" });
});

test("pings are not answered to who takes no answers", () => {
  expect(mayAnswerPing({ bufferedAmount: undefined })).toBe(true);
  expect(mayAnswerPing({ bufferedAmount: 1000 })).toBe(true);
  expect(mayAnswerPing({ bufferedAmount: 1 << 20 })).toBe(false);
});

test("a payload that is no value is answered so", async () => {
  for (const bytes of [[], [0xff], [0x9a, 0xff, 0xff, 0xff, 0xff], new Array(300_000).fill(0x81)]) {
    expect(await client.askBytes(Uint8Array.from(bytes))).toMatchObject([
      "failed",
      { code: "ERR_BAD_REQUEST" },
    ]);
  }
});

test("bytes at random, thousands of them, end no more than their own connection", async () => {
  const { seeded } = await import("../../kernel/random.ts");
  const random = seeded(4711);
  for (let i = 0; i < 300; i++) {
    const raw = i % 10 === 0 ? await RawClient.open(remote.url, "/vms/target/rpc") : client;
    raw.send(random.below(3), random.below(5), random.bytes(random.below(200)));
    if (raw !== client) raw.socket.terminate();
  }
});

test("what comes before or instead of a handshake", async () => {
  for (const words of [
    "\r\n\r\n\r\n",
    "NONSENSE\r\n\r\n",
    "GET /vms/target/rpc HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n",
    `GET /${"x".repeat(100_000)} HTTP/1.1\r\nHost: x\r\n\r\n`,
    "GET //evil//vms HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n",
    "GET http://[bad HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n",
  ]) {
    const socket = connectTcp(Number(new URL(remote.url).port), "127.0.0.1");
    let answer = "";
    socket.on("data", (chunk) => {
      answer += chunk;
    });
    // The server may hang up in the middle of our words.
    socket.on("error", () => {});
    socket.end(words);
    await new Promise((resolve) => socket.on("close", resolve));
    expect(answer).toMatch(/^(HTTP\/1\.1 4\d\d |$)/);
  }
});

test("no spelling of a path leads anywhere else", async () => {
  for (const path of [
    "/vms/..%2ftarget",
    "/vms/%2e%2e/vms/target%00",
    "/vms/target%2f..%2fother",
    "/vms/.hidden",
    `/vms/${"x".repeat(129)}`,
    "/vms/target/nothing",
    "/vms/target/constructor",
    "/vms/target/__proto__",
    "/VMS/target",
    "/../../etc/passwd",
    "//etc/passwd",
  ]) {
    const status = await new Promise<number>((resolve, reject) => {
      const { port } = new URL(remote.url);
      const headers = { authorization: "Bearer correct-horse-battery-staple" };
      const asked = request({ port, path, headers }, (response) => {
        response.resume();
        resolve(response.statusCode ?? 0);
      });
      asked.on("error", reject).end();
    });
    expect([400, 404], path).toContain(status);
  }
  expect((await remote.fetch("/vms/target")).status).toBe(200);
});
