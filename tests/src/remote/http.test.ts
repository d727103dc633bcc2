/** The routes for plain HTTP clients. */
import { createHash, randomBytes } from "node:crypto";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Vm } from "../../../src/vm.ts";
import { startServer, type TestServer } from "./server.ts";
import { until } from "./until.ts";

let remote: TestServer;
let vm: Vm;
beforeAll(async () => {
  remote = await startServer();
  vm = await remote.host.createVm({ name: "web", env: { FROM: "machine" } });
});
afterAll(() => remote[Symbol.asyncDispose]());

const json = (method: string, body: unknown, headers = {}) => ({
  method,
  headers,
  body: JSON.stringify(body),
});
const exec = (body: object, headers = {}) =>
  remote.fetch("/vms/web/exec", json("POST", body, headers));
const file = (path: string, init?: RequestInit) => remote.fetch(`/vms/web/files${path}`, init);
const errorOf = async (response: Response) => ({
  status: response.status,
  ...((await response.json()) as { error: { code: string } }).error,
});

test("machines are made, listed, looked at and removed", async () => {
  const made = await remote.fetch("/vms", json("POST", { name: "one", hostname: "uno" }));
  expect([made.status, made.headers.get("location"), await made.json()]).toEqual([
    201,
    "/vms/one",
    { name: "one" },
  ]);
  const summary = { name: "one", state: "on", temporary: false };
  expect(await (await remote.fetch("/vms/one")).json()).toEqual(summary);
  expect((await (await remote.fetch("/vms")).json()).machines).toContainEqual(summary);
  const again = await errorOf(await remote.fetch("/vms", json("POST", { name: "one" })));
  expect(again).toMatchObject({ status: 409, code: "ERR_MACHINE_EXISTS" });
  const { name } = await (await remote.fetch("/vms", { method: "POST" })).json();
  expect(name).toMatch(/^vm-/);
  for (const gone of ["one", name]) {
    expect((await remote.fetch(`/vms/${gone}`, { method: "DELETE" })).status).toBe(204);
    expect((await remote.fetch(`/vms/${gone}`)).status).toBe(404);
  }
});

test.each<[string, unknown]>([
  ["a name that is none", { name: "../x" }],
  ["an unknown option", { hostnam: "x" }],
  ["a wrong type", { env: { A: 1 } }],
  ["mounts", { mounts: { "/x": { type: "host-directory", path: "/", readOnly: false } } }],
  ["an image of the server's disk", { image: "/etc" }],
  ["an image of the server's folder", { image: "./x" }],
  ["a limit of nothing", { limits: { disk: 0 } }],
  ["an array", []],
])("no machine is made of %s", async (_what, body) => {
  const { status, code } = await errorOf(await remote.fetch("/vms", json("POST", body)));
  expect([400, 403]).toContain(status);
  expect(code).toMatch(/^ERR_/);
});

test("a command's events come as they happen", async () => {
  const command = "echo one; read line; echo $line $FROM $A >&2; exit 3";
  const response = await exec({ command, stdin: "two\n", env: { A: "b" } });
  expect(response.headers.get("content-type")).toBe("application/x-ndjson");
  const lines = (await response.text()).trim().split("\n");
  const events = lines.map((line) => JSON.parse(line));
  expect(events[0]).toMatchObject({ type: "start", pid: expect.any(Number) });
  expect(events).toContainEqual({ type: "stdout", data: "one\n" });
  expect(events).toContainEqual({ type: "stderr", data: "two machine b\n" });
  expect(events.at(-1)).toEqual({ type: "exit", exitCode: 3, signal: null, timedOut: false });
});

test("an event comes before the command ends", async () => {
  const response = await exec({ command: "echo first; sleep 1000" });
  const reader = (response.body as ReadableStream<Uint8Array>).getReader();
  let seen = "";
  while (!seen.includes("first")) seen += new TextDecoder().decode((await reader.read()).value);
  await reader.cancel();
  // Whoever stops to listen hangs it up.
  await until(async () => !(await names()).includes("sleep 1000"));
});

async function names(): Promise<string[]> {
  return (await vm.processes()).map(({ argv }) => argv.join(" "));
}

test("one answer: JSON, or plain text with the status in a header", async () => {
  const whole = await exec({ argv: ["cat"], stdin: "é" }, { accept: "application/json" });
  expect(await whole.json()).toEqual({
    exitCode: 0,
    signal: null,
    timedOut: false,
    stdout: "é",
    stderr: "",
  });
  const plain = await exec({ command: "seq 2; kill -9 $$" }, { accept: "text/plain" });
  expect(await plain.text()).toBe("1\n2\n");
  expect(plain.headers.get("isopod-exit-code")).toBe("137");
  expect(plain.headers.get("isopod-signal")).toBe("SIGKILL");
  const bytes = { command: "printf '\\xff\\x00'", encoding: "base64" };
  expect(await (await exec(bytes, { accept: "application/json" })).json()).toMatchObject({
    stdout: "/wA=",
  });
});

test("a timeout ends it and says so; what cannot be run is an error", async () => {
  const response = await exec(
    { command: "sleep 1000", timeout: 50 },
    { accept: "application/json" },
  );
  expect(await response.json()).toMatchObject({ timedOut: true, signal: "SIGTERM" });
  expect(await errorOf(await exec({ argv: ["no-such-program"] }))).toMatchObject({
    status: 404,
    code: "ENOENT",
  });
  for (const body of [{}, { command: "a", argv: ["b"] }, { argv: [] }, { command: 1 }]) {
    expect((await exec(body)).status).toBe(400);
  }
  expect((await remote.fetch("/vms/web/exec", { method: "POST", body: "{" })).status).toBe(400);
  expect((await remote.fetch("/vms/web/exec")).status).toBe(405);
  expect((await remote.fetch("/vms/none/exec", json("POST", { command: "true" }))).status).toBe(
    404,
  );
});

test("files go in and come out, with their mode, as a range, and not at all", async () => {
  const bytes = randomBytes(100_000);
  const put = await file("/tmp/new/folder/a%20b%FF?mode=755", { method: "PUT", body: bytes });
  expect(put.status).toBe(201);
  const got = await file("/tmp/new/folder/a%20b%FF");
  expect(Buffer.from(await got.arrayBuffer()).equals(bytes)).toBe(true);
  const head = await file("/tmp/new/folder/a%20b%FF", { method: "HEAD" });
  expect(Object.fromEntries(head.headers)).toMatchObject({
    "content-length": "100000",
    "isopod-type": "file",
    "isopod-mode": "0755",
  });
  const part = await file("/tmp/new/folder/a%20b%FF", { headers: { range: "bytes=10-19" } });
  expect([part.status, part.headers.get("content-range")]).toEqual([206, "bytes 10-19/100000"]);
  expect(Buffer.from(await part.arrayBuffer()).equals(bytes.subarray(10, 20))).toBe(true);
  expect((await file("/tmp/new/folder/a%20b%FF", { headers: { range: "bytes=-5" } })).status).toBe(
    206,
  );
  const { entries } = await (await file("/tmp/new/folder")).json();
  expect(entries).toMatchObject([{ name: "a b�", type: "file", size: 100_000, mode: "0755" }]);
  expect((await file("/tmp/new", { method: "DELETE" })).status).toBe(409);
  expect((await file("/tmp/new?recursive=1", { method: "DELETE" })).status).toBe(204);
  expect(await errorOf(await file("/tmp/new"))).toMatchObject({ status: 404, code: "ENOENT" });
  expect(await (await file("/proc/version")).text()).toContain("isopod");
  expect((await file("/dev/zero")).status).toBe(409);
  expect((await file("/tmp/x%zz")).status).toBe(400);
  expect((await file("/tmp/x%00")).status).toBe(400);
  expect((await file("/tmp/made/", { method: "PUT" })).status).toBe(201);
  expect((await vm.fs.stat("/tmp/made")).isDirectory()).toBe(true);
});

test("an upload replaces what a link leads to, and keeps its mode", async () => {
  await vm.exec("echo old > /tmp/target; chmod 600 /tmp/target; ln -sf target /tmp/link");
  expect((await file("/tmp/link", { method: "PUT", body: "new" })).status).toBe(204);
  const { stdout } = await vm.exec("cat /tmp/target; stat -c %a /tmp/target; readlink /tmp/link");
  expect(stdout).toBe("new600\ntarget\n");
});

test("an upload that is cut changes nothing and leaves nothing", async () => {
  await vm.fs.writeFile("/tmp/kept/file", "kept").catch(async () => {
    await vm.fs.mkdir("/tmp/kept");
    await vm.fs.writeFile("/tmp/kept/file", "kept");
  });
  const abort = new AbortController();
  let sent = 0;
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      if (++sent > 20) await new Promise(() => {});
      controller.enqueue(new Uint8Array(100_000));
    },
  });
  const init = { method: "PUT", body, duplex: "half", signal: abort.signal } as RequestInit;
  const uploading = expect(file("/tmp/kept/file", init)).rejects.toThrow();
  await until(async () => (await vm.fs.readdir("/tmp/kept")).length === 2);
  abort.abort();
  await uploading;
  await until(async () => (await vm.fs.readdir("/tmp/kept")).length === 1);
  expect(await vm.fs.readFile("/tmp/kept/file", "utf8")).toBe("kept");
});

test("50 MB go both ways in pieces: neither side ever holds much of it", async () => {
  const total = 50 << 20;
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  // What the client, the server and their streams hold; the machine is in another thread's memory.
  const held = () => {
    collect();
    // What the first found dead is freed by another thread, which the second waits for.
    collect();
    return process.memoryUsage().arrayBuffers;
  };
  const before = held();
  const seen: number[] = [];
  const piece = randomBytes(1 << 20);
  const digest = createHash("sha256");
  let left = total;
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      if (left === 0) return controller.close();
      left -= piece.length;
      if (left % (10 << 20) === 0) seen.push(held() - before);
      digest.update(piece);
      controller.enqueue(piece.slice());
    },
  });
  const init = { method: "PUT", body, duplex: "half" } as RequestInit;
  expect((await file("/tmp/big", init)).status).toBe(201);
  const back = createHash("sha256");
  let got = 0;
  for await (const chunk of (await file("/tmp/big")).body ?? []) {
    back.update(chunk);
    if (got % (10 << 20) > (got + chunk.length) % (10 << 20)) seen.push(held() - before);
    got += chunk.length;
  }
  expect(back.digest("hex")).toBe(digest.digest("hex"));
  expect(seen.length).toBeGreaterThan(8);
  expect(Math.max(...seen)).toBeLessThan(16 << 20);
});

test("pages of other origins are refused, those that are named are not", async () => {
  const origin = "https://page.example";
  expect(await errorOf(await remote.fetch("/vms", { headers: { origin } }))).toMatchObject({
    status: 403,
    code: "ERR_ORIGIN_REFUSED",
  });
  await using open = await startServer({ origins: [origin] });
  const allowed = await open.fetch("/vms", { headers: { origin } });
  expect([allowed.status, allowed.headers.get("access-control-allow-origin")]).toEqual([
    200,
    origin,
  ]);
  const asked = { origin, "access-control-request-method": "DELETE" };
  const preflight = await fetch(`${open.url}/vms`, { method: "OPTIONS", headers: asked });
  expect([preflight.status, preflight.headers.get("access-control-allow-origin")]).toEqual([
    204,
    origin,
  ]);
  const refused = await fetch(`${open.url}/vms`, {
    method: "OPTIONS",
    headers: { ...asked, origin: "https://other.example" },
  });
  expect([refused.status, refused.headers.get("access-control-allow-origin")]).toEqual([403, null]);
});

test("nobody gets in without the token", async () => {
  for (const authorization of ["", "Bearer", "Bearer wrong", "Basic abc", "Bearer  "]) {
    const response = await fetch(`${remote.url}/vms`, { headers: { authorization } });
    expect(await errorOf(response)).toMatchObject({ status: 401, code: "ERR_UNAUTHORIZED" });
  }
});
