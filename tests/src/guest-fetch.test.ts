/** vm.fetch against a server of Node's in the machine. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createVm, type Vm } from "../../src/index.ts";
import { HTTP_SERVER, startServer } from "./guest-servers.ts";

let vm: Vm;
const PORT = 3000;

beforeAll(async () => {
  vm = await createVm();
  await startServer(vm, PORT, HTTP_SERVER(PORT));
});
afterAll(() => vm?.dispose());

describe("requests", () => {
  test("a path, a URL and a Request", async () => {
    const response = await vm.fetch(PORT, "/a?b=c");
    expect(response.status).toBe(200);
    expect(response.url).toBe(`http://localhost:${PORT}/a?b=c`);
    expect(await response.text()).toBe("hello GET /a?b=c");
    expect(await (await vm.fetch(PORT, new URL("http://x.test/d"))).text()).toBe("hello GET /d");
    const request = new Request("http://x.test/echo", { method: "POST", body: "data" });
    const echo = await vm.fetch(PORT, request);
    expect(await echo.text()).toBe("data");
    expect(echo.headers.get("x-host")).toBe("x.test");
  });

  test("bodies of each kind, small and large, with their type", async () => {
    const echo = async (body: unknown) =>
      (await vm.fetch(PORT, "/echo", { method: "PUT", body: body as never })).arrayBuffer();
    expect(Buffer.from(await echo("text")).toString()).toBe("text");
    expect(Buffer.from(await echo(new Uint8Array([1, 2]))).toString("hex")).toBe("0102");
    expect((await echo(new Uint8Array(5 << 20))).byteLength).toBe(5 << 20);
    expect(Buffer.from(await echo(new Blob(["b"]))).toString()).toBe("b");
    const sent = await vm.fetch(PORT, "/headers", {
      method: "POST",
      body: new URLSearchParams({ a: "b" }),
    });
    expect(await sent.json()).toMatchObject({
      "content-type": "application/x-www-form-urlencoded;charset=UTF-8",
      "content-length": "3",
    });
  });

  test("a streamed body goes out piece by piece while the answer comes", async () => {
    const sent = new TransformStream<string, string>();
    const writer = sent.writable.getWriter();
    const asking = vm.fetch(PORT, "/echo", {
      method: "POST",
      body: sent.readable.pipeThrough(new TextEncoderStream()),
      duplex: "half",
    });
    await writer.write("one");
    const reader = ((await asking).body as ReadableStream<Uint8Array>).getReader();
    expect(Buffer.from((await reader.read()).value as Uint8Array).toString()).toBe("one");
    await writer.write("two");
    expect(Buffer.from((await reader.read()).value as Uint8Array).toString()).toBe("two");
    await writer.close();
    expect((await reader.read()).done).toBe(true);
  });

  test("headers both ways, cookies each for itself", async () => {
    const response = await vm.fetch(PORT, "/headers", { headers: { Cookie: "c=d", "X-Y": "z" } });
    expect(response.headers.getSetCookie()).toEqual(["a=1", "b=2"]);
    expect(await response.json()).toMatchObject({ cookie: "c=d", "x-y": "z", accept: "*/*" });
  });

  test("HEAD and 204 have no body", async () => {
    const head = await vm.fetch(PORT, "/large", { method: "HEAD" });
    expect(head.headers.get("content-length")).toBe(String(3 << 20));
    expect(head.body).toBeNull();
    expect((await vm.fetch(PORT, "/empty")).status).toBe(204);
    expect((await (await vm.fetch(PORT, "/large")).arrayBuffer()).byteLength).toBe(3 << 20);
  });

  test("many at once", async () => {
    const answers = await Promise.all(
      Array.from({ length: 40 }, async (_, i) => (await vm.fetch(PORT, `/${i}`)).text()),
    );
    expect(answers).toEqual(answers.map((_, i) => `hello GET /${i}`));
  });
});

describe("redirects", () => {
  const to = (target: string) => `/redirect?to=${encodeURIComponent(target)}`;

  test("are the answer, unless they are to be followed", async () => {
    const manual = await vm.fetch(PORT, to("/there"));
    expect([manual.status, manual.headers.get("location")]).toEqual([302, "/there"]);
    const followed = await vm.fetch(PORT, to("/there"), { redirect: "follow" });
    expect([followed.url, await followed.text()]).toEqual([
      `http://localhost:${PORT}/there`,
      "hello GET /there",
    ]);
    await expect(vm.fetch(PORT, to("/there"), { redirect: "error" })).rejects.toThrow("redirects");
  });

  test("out of the machine are not followed", async () => {
    const away = await vm.fetch(PORT, to("http://example.com/"), { redirect: "follow" });
    expect(away.headers.get("location")).toBe("http://example.com/");
    const local = await vm.fetch(PORT, to(`http://127.0.0.1:${PORT}/x`), { redirect: "follow" });
    expect(await local.text()).toBe("hello GET /x");
  });
});

describe("failures", () => {
  test("nobody listens", async () => {
    await expect(vm.fetch(9, "/")).rejects.toMatchObject({
      code: "ECONNREFUSED",
      syscall: "connect",
    });
  });

  test("the server hangs up", async () => {
    await expect(vm.fetch(PORT, "/break")).rejects.toMatchObject({ code: "ECONNRESET" });
    expect(await (await vm.fetch(PORT, "/after")).text()).toBe("hello GET /after");
  });

  test("an abort ends the wait, and a body under way; the server hears of it", async () => {
    const hanging = new AbortController();
    const asking = vm.fetch(PORT, "/hang", { signal: hanging.signal });
    setTimeout(() => hanging.abort(new Error("enough")), 10);
    await expect(asking).rejects.toThrow("enough");
    const events = new AbortController();
    const response = await vm.fetch(PORT, "/events", { signal: events.signal });
    const reader = (response.body as ReadableStream<Uint8Array>).getReader();
    await reader.read();
    events.abort(new Error("seen enough"));
    await expect(reader.closed).rejects.toThrow("seen enough");
    await expect.poll(async () => (await vm.fetch(PORT, "/closed")).text()).toBe("1");
  });

  test("a body that is cancelled closes its connection", async () => {
    const before = Number(await (await vm.fetch(PORT, "/closed")).text());
    const response = await vm.fetch(PORT, "/events");
    await response.body?.cancel();
    await expect.poll(async () => (await vm.fetch(PORT, "/closed")).text()).toBe(`${before + 1}`);
  });

  test("what cannot be asked for is refused with its reason", async () => {
    const upgrade = vm.fetch(PORT, "/", { headers: { upgrade: "websocket" } });
    await expect(upgrade).rejects.toThrow("use vm.connect(port)");
    await expect(vm.fetch(PORT, "/", { method: "CONNECT" })).rejects.toThrow("vm.connect");
    await expect(vm.fetch(PORT, "https://localhost/")).rejects.toThrow("vm.connect");
    await expect(vm.fetch(0)).rejects.toThrow("fetch: port must be");
    const body = vm.fetch(PORT, "/", { body: "x" });
    await expect(body).rejects.toThrow("a GET request has no body");
  });

  test("the end of the machine ends requests, bodies and connections under way", async () => {
    const other = await createVm();
    await startServer(other, PORT, HTTP_SERVER(PORT));
    const codeOf = (work: Promise<unknown>) => work.catch(({ code }: { code: string }) => code);
    const events = await other.fetch(PORT, "/events");
    const connection = await other.connect(PORT);
    const underWay = [
      other.fetch(PORT, "/hang"),
      events.text(),
      connection.readable.getReader().read(),
      other.waitForPort(9),
    ].map(codeOf);
    await other.dispose();
    expect(await Promise.all(underWay)).toEqual(underWay.map(() => "ERR_VM_DISPOSED"));
    expect(await codeOf(other.fetch(PORT))).toBe("ERR_VM_DISPOSED");
  });
});
