/** Preview addresses: who may open them, what passes both ways, and what does not. */
import { request as nodeRequest } from "node:http";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import WebSocket from "ws";
import { createVm, type Vm } from "../../../src/index.ts";
import { HTTP_SERVER, startServer as startGuest } from "../guest-servers.ts";
import { startServer, type TestServer, TOKEN } from "./server.ts";

const PORT = 3000;
const BASE64URL = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
let remote: TestServer;
let vm: Vm;
let host: string;

beforeAll(async () => {
  remote = await startServer();
  vm = await remote.host.createVm({ name: "dev" });
  await startGuest(vm, PORT, HTTP_SERVER(PORT));
  host = `${PORT}--dev.localhost:${new URL(remote.url).port}`;
});
afterAll(async () => {
  await vm?.dispose();
  await remote?.[Symbol.asyncDispose]();
});

interface Answer {
  readonly status: number;
  readonly headers: Record<string, string | string[] | undefined>;
  readonly body: string;
}

/** As a browser whose resolver knows every name below localhost. */
function get(path: string, headers: Record<string, string> = {}, name = host, method = "GET") {
  return new Promise<Answer>((resolve, reject) => {
    const { hostname, port } = new URL(remote.url);
    const options = { host: hostname, port, path, method, headers: { host: name, ...headers } };
    const asked = nodeRequest(options, (response) => {
      let body = "";
      response.on("data", (data) => {
        body += data;
      });
      response.on("end", () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body }),
      );
    });
    asked.on("error", reject);
    asked.end();
  });
}

async function cookie(): Promise<string> {
  const { url } = await vm.preview(PORT);
  const { pathname, search } = new URL(url);
  return cookieOf(await get(pathname + search));
}

function cookieOf({ headers }: Answer): string {
  const [set = ""] = headers["set-cookie"] ?? [];
  return set.split(";")[0] ?? "";
}

describe("who may open a preview", () => {
  test("nobody without a link; its key moves to a cookie", async () => {
    const closed = await get("/");
    expect([closed.status, closed.body]).toEqual([401, expect.stringContaining("vm.preview")]);
    const { url, expires } = await vm.preview(PORT, { seconds: 60 });
    expect(new URL(url).host).toBe(host);
    expect(expires as number).toBeLessThan(Date.now() + 61_000);
    const moved = await get(`/a?b=c&${new URL(url).search.slice(1)}`);
    expect([moved.status, moved.headers.location]).toEqual([303, "/a?b=c"]);
    const [set = ""] = moved.headers["set-cookie"] ?? [];
    expect(set).toMatch(/^isopod-preview=.+; Max-Age=60; Path=\/; HttpOnly; SameSite=Lax$/);
    const opened = await get("/a?b=c", { cookie: set.split(";")[0] as string });
    expect([opened.status, opened.body]).toEqual([200, "hello GET /a?b=c"]);
  });

  test("two slashes are a path of the guest's, and no other server's name", async () => {
    const { url } = await vm.preview(PORT, { seconds: 60 });
    const moved = await get(`//evil.test/a?${new URL(url).search.slice(1)}`);
    expect([moved.status, moved.headers.location]).toEqual([303, "/evil.test/a"]);
    const opened = await get("//evil.test/a", { cookie: cookieOf(moved) });
    expect([opened.status, opened.body]).toEqual([200, "hello GET //evil.test/a"]);
  });

  test("a key opens its own port and machine alone, and until its time", async () => {
    const key = await cookie();
    expect((await get("/", { cookie: key })).status).toBe(200);
    const other = host.replace(`${PORT}--dev`, "3001--dev");
    expect((await get("/", { cookie: key }, other)).status).toBe(401);
    expect((await get("/", { cookie: key }, host.replace("--dev", "--prod"))).status).toBe(401);
    const end = key.at(-1) as string;
    for (const another of BASE64URL.replace(end, "")) {
      expect((await get("/", { cookie: key.slice(0, -1) + another })).status).toBe(401);
    }
    const later = key.replace(/=\w+\./, "=zzzzzzz.");
    expect((await get("/", { cookie: later })).status).toBe(401);
  });

  test("the server's token opens it, and the guest does not see that", async () => {
    const authorization = `Bearer ${TOKEN}`;
    const seen = await get("/headers", { authorization });
    expect(seen.status).toBe(200);
    expect(seen.body).not.toContain(TOKEN);
    expect((await get("/headers", { authorization: "Bearer wrong" })).status).toBe(401);
  });

  test("a public one is open by name, and by no other name", async () => {
    const guest = `const http = require("node:http");
      http.createServer((q, s) => s.end("open")).listen(3100, "127.0.0.1");`;
    await startGuest(vm, 3100, guest);
    const name = host.replace(String(PORT), "3100");
    expect((await get("/", {}, name)).status).toBe(401);
    const { url, expires } = await vm.preview(3100, { public: true });
    expect([url, expires]).toEqual([`http://${name}/`, undefined]);
    expect((await get("/", {}, name)).body).toBe("open");
    for (const rebound of [
      "evil.test",
      "3100--dev.localhost.evil.test",
      "127.0.0.1",
      "localhost",
    ]) {
      expect((await get("/", {}, rebound)).status).not.toBe(200);
    }
    const closing = { method: "DELETE", body: JSON.stringify({ port: 3100 }) };
    expect((await remote.fetch("/vms/dev/previews", closing)).status).toBe(204);
    expect((await get("/", {}, name)).status).toBe(401);
  });

  test("pages of other origins do not use a cookie, but may open the preview", async () => {
    const key = { cookie: await cookie() };
    const status = async (headers: Record<string, string>, method = "GET") =>
      (await get("/echo", { ...key, ...headers }, host, method)).status;
    const sibling = `http://${host.replace(`${PORT}`, "3001")}`;
    const own = { "sec-fetch-site": "same-origin", origin: `http://${host}` };
    expect(await status(own, "POST")).toBe(200);
    expect(await status({ origin: sibling }, "POST")).toBe(403);
    expect(await status({ "sec-fetch-site": "same-site", "sec-fetch-mode": "no-cors" })).toBe(403);
    expect(await status({ "sec-fetch-site": "same-site", "sec-fetch-mode": "navigate" })).toBe(200);
    const posted = { "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate" };
    expect(await status(posted, "POST")).toBe(403);
  });

  test("the API is not at a preview's origin, nor a preview at the API's", async () => {
    const authorization = `Bearer ${TOKEN}`;
    expect((await get("/vms", { authorization })).body).toBe("hello GET /vms");
    const api = await get("/vms", { authorization }, new URL(remote.url).host);
    expect(JSON.parse(api.body)).toMatchObject({ machines: [{ name: "dev" }] });
    const page = { authorization, origin: `http://${host}` };
    expect((await get("/vms", page, new URL(remote.url).host)).status).toBe(403);
  });

  test("a machine of this process has none", async () => {
    await using local = await createVm();
    await expect(local.preview(PORT)).rejects.toMatchObject({ code: "ERR_NOT_ON_THIS_HOST" });
  });
});

describe("what passes", () => {
  test("the guest sees its own host and who asked, and no key of ours", async () => {
    const key = await cookie();
    const sent = { cookie: `a=b; ${key}; c=d`, "x-forwarded-host": "forged", forwarded: "for=1" };
    const seen = JSON.parse((await get("/headers", sent)).body);
    expect(seen).toMatchObject({
      host: `localhost:${PORT}`,
      cookie: "a=b; c=d",
      "x-forwarded-host": host,
      "x-forwarded-proto": "http",
    });
    expect(seen).not.toHaveProperty("forwarded");
  });

  test("cookies of the guest's stay with their origin", async () => {
    const script = `require("node:http").createServer((q, s) => {
      s.setHeader("set-cookie", ["a=1; Domain=localhost; Path=/", "isopod-preview=x", "b=2"]);
      s.setHeader("strict-transport-security", "max-age=1");
      s.end();
    }).listen(3200, "127.0.0.1");`;
    await startGuest(vm, 3200, script);
    const authorization = `Bearer ${TOKEN}`;
    const { headers } = await get("/", { authorization }, host.replace(`${PORT}`, "3200"));
    expect(headers["set-cookie"]).toEqual(["a=1; Path=/", "b=2"]);
    expect(headers).not.toHaveProperty("strict-transport-security");
  });

  test("redirects to the guest's own address lead to the preview", async () => {
    const headers = { cookie: await cookie() };
    const to = encodeURIComponent(`http://localhost:${PORT}/there?x`);
    expect((await get(`/redirect?to=${to}`, headers)).headers.location).toBe(
      `http://${host}/there?x`,
    );
    const away = encodeURIComponent("https://example.com/");
    expect((await get(`/redirect?to=${away}`, headers)).headers.location).toBe(
      "https://example.com/",
    );
  });

  test("events as they come; the guest hears when the browser leaves", async () => {
    const key = await cookie();
    const { hostname, port } = new URL(remote.url);
    const before = Number((await get("/closed", { cookie: key })).body);
    await new Promise<void>((resolve, reject) => {
      const options = { host: hostname, port, path: "/events", headers: { host, cookie: key } };
      const asked = nodeRequest(options, (response) => {
        let events = "";
        response.on("data", (data) => {
          events += data;
          if (!events.includes("data: 3")) return;
          asked.destroy();
          resolve();
        });
      });
      asked.on("error", reject);
      asked.end();
    });
    await expect
      .poll(async () => Number((await get("/closed", { cookie: key })).body))
      .toBe(before + 1);
  });

  test("nobody listens: 502, and which port", async () => {
    const authorization = `Bearer ${TOKEN}`;
    const gone = await get("/", { authorization }, host.replace(`${PORT}`, "9"));
    expect([gone.status, gone.body]).toEqual([
      502,
      "nobody listens on port 9 of the machine dev\n",
    ]);
    const none = await get("/", { authorization }, host.replace("--dev", "--none"));
    expect([none.status, none.body]).toEqual([404, expect.stringContaining("no machine")]);
  });
});

describe("WebSockets", () => {
  const open = (headers: Record<string, string>, origin?: string) => {
    const { port } = new URL(remote.url);
    const options = { headers: { host, ...headers }, ...(origin && { origin }) };
    return new WebSocket(`ws://127.0.0.1:${port}/socket`, options);
  };
  const talk = (socket: WebSocket) =>
    new Promise<string>((resolve, reject) => {
      socket.on("open", () => socket.send("hi"));
      socket.on("message", (data) => {
        resolve(String(data));
        socket.close();
      });
      socket.on("error", reject);
    });

  test("pass to the guest, for pages of the preview's own origin", async () => {
    const key = await cookie();
    expect(await talk(open({ cookie: key }, `http://${host}`))).toBe("echo hi");
    await expect(talk(open({}, `http://${host}`))).rejects.toThrow("401");
    await expect(talk(open({ cookie: key }, "http://evil.test"))).rejects.toThrow("403");
    const sibling = `http://${host.replace(`${PORT}`, "3001")}`;
    await expect(talk(open({ cookie: key }, sibling))).rejects.toThrow("403");
  });
});

describe("names that no host can have", () => {
  test("stand for themselves by a digest", async () => {
    await using odd = await remote.host.createVm({ name: "Odd_Name.1" });
    await startGuest(odd, PORT, HTTP_SERVER(PORT));
    const { url } = await odd.preview(PORT);
    const { hostname, host: name, pathname, search } = new URL(url);
    expect(hostname).toMatch(/^3000--m-[0-9a-f]{32}\.localhost$/);
    const key = cookieOf(await get(pathname + search, {}, name));
    expect((await get("/", { cookie: key }, name)).body).toBe("hello GET /");
  });
});

describe("the path form", () => {
  test("opens by its key alone, in a sandbox, without cookies", async () => {
    const { pathUrl } = await vm.preview(PORT);
    const page = await fetch(`${pathUrl}headers?x`, { headers: { cookie: "a=b" } });
    expect(page.status).toBe(200);
    expect(page.headers.get("content-security-policy")).toMatch(/^sandbox (?!.*same-origin)/);
    expect(page.headers.get("set-cookie")).toBeNull();
    expect(await page.json()).not.toHaveProperty("cookie");
    const wrong = pathUrl.replace(/.\/$/, "_/");
    expect((await fetch(wrong)).status).toBe(401);
    const other = pathUrl.replace("3000--dev", "3001--dev");
    expect((await fetch(other)).status).toBe(401);
    const redirected = await fetch(`${pathUrl}redirect?to=/there`, { redirect: "follow" });
    expect(await redirected.text()).toBe("hello GET /there");
  });
});

describe("vm.fetch and vm.connect of a remote machine", () => {
  test("work as they do in this process", async () => {
    expect(await (await vm.fetch(PORT, "/a")).text()).toBe("hello GET /a");
    const large = new Uint8Array(3 << 20).fill(1);
    const echo = await vm.fetch(PORT, "/echo", { method: "POST", body: large });
    expect((await echo.arrayBuffer()).byteLength).toBe(3 << 20);
    await using connection = await vm.connect(PORT);
    await connection.writable.getWriter().write("GET /b HTTP/1.0\r\n\r\n");
    expect(await new Response(connection.readable as never).text()).toContain("hello GET /b");
    await expect(vm.fetch(9)).rejects.toMatchObject({ code: "ECONNREFUSED" });
    const aborted = vm.fetch(PORT, "/hang", { signal: AbortSignal.timeout(20) });
    await expect(aborted).rejects.toMatchObject({ name: "TimeoutError" });
  });
});
