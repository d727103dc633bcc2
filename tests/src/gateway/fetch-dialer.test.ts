/** A machine on a host that has `fetch` alone, which is this process's. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import {
  AF_INET,
  decodeUtf8,
  encodeUtf8,
  type Kernel,
  SHUT_WR,
  SOCK_DGRAM,
} from "../../../kernel/index.ts";
import { fetchDialer } from "../../../src/gateway/fetch-dialer.ts";
import type { FetchHost } from "../../../src/gateway/fetch-request.ts";
import { codeOf } from "../../kernel/boot.ts";
import { at, connect, connectedKernel, helloOf, ListPolicy, readAll } from "./machine.ts";

const server = createServer(async (request, response) => {
  if (request.url === "/away") return void response.writeHead(302, { location: "/other" }).end();
  if (request.url === "/parts") {
    response.write("one ");
    await new Promise((resolve) => setTimeout(resolve, 20));
    return void response.end("two");
  }
  const body = await text(request);
  const { host, connection, "x-mine": mine } = request.headers;
  response.end(JSON.stringify([request.method, request.url, host, connection, mine, body]));
});
let port = 0;
beforeAll(async () => {
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  port = (server.address() as AddressInfo).port;
});
afterAll(() => void server.close());

let kernel: Kernel | undefined;
afterEach(() => {
  kernel?.shutdown();
  kernel = undefined;
});

async function boot(failing = false) {
  const seen: string[] = [];
  const host: FetchHost = {
    fetch: (url, init) => {
      seen.push(url);
      if (failing) return Promise.reject(new TypeError("Failed to fetch"));
      return fetch(url, init);
    },
    streamsBodies: true,
    failure: "It may not allow that.",
  };
  const dialer = fetchDialer(host, (other) => other === port);
  const policy = new ListPolicy("web.test", ...[port, 443, 22, 53].map((one) => `web.test:${one}`));
  const made = connectedKernel({ policy, dialer, hosts: { "web.test": "127.0.0.1" } });
  kernel = made.kernel;
  const sys = kernel.init;
  const [address] = await sys.getaddrinfo("web.test", AF_INET);
  return { sys, seen, host: [...(address as Uint8Array)] };
}

async function say(request: string, failing = false): Promise<string> {
  const { sys, host } = await boot(failing);
  const fd = await connect(sys, port, host);
  await sys.write(fd, encodeUtf8(request));
  await sys.shutdown(fd, SHUT_WR);
  return readAll(sys, fd);
}

test("a request becomes one of fetch, to the host that was granted", async () => {
  const answer = await say(
    "POST /here?x=1 HTTP/1.1\r\nHost: other.test\r\nX-Mine: yes\r\nContent-Length: 4\r\nConnection: close\r\n\r\nbody",
  );
  expect(answer).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
  const said = JSON.parse(answer.slice(answer.indexOf("[")).split("\r\n")[0] as string);
  expect(said[0]).toBe("POST");
  expect(said.slice(1)).toEqual(["/here?x=1", `127.0.0.1:${port}`, "keep-alive", "yes", "body"]);
});

test("several requests of one connection are answered in turn", async () => {
  const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: web.test\r\n\r\n`;
  const answer = await say(get("/parts") + get("/away"));
  expect(answer).toContain("one ");
  expect(answer).toContain("two");
  expect(answer).toMatch(/HTTP\/1\.1 302 Found\r\n[\s\S]*location: \/other/i);
});

test("what fetch does not do is told in words", async () => {
  const failed = await say("GET / HTTP/1.1\r\nHost: web.test\r\n\r\n", true);
  expect(failed).toMatch(/^HTTP\/1\.1 502 /);
  expect(failed).toContain("Failed to fetch. It may not allow that.");
  const upgrade = "GET / HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n";
  expect(await say(upgrade)).toMatch(/^HTTP\/1\.1 501 /);
});

test("what the gateway speaks TLS for is asked of fetch by https", async () => {
  const { sys, host, seen } = await boot(true);
  const fd = await connect(sys, 443, host);
  const options = { servername: "web.test", alpnProtocols: ["h2", "http/1.1"] };
  const said = { ...options, rejectUnauthorized: true };
  const outcome = await sys.tls_connect(fd, JSON.stringify(said), 0);
  const buffer = new Uint8Array(4096);
  const count = await sys.read(outcome, buffer);
  expect(JSON.parse(decodeUtf8(buffer, 0, count))).toMatchObject({
    authorized: true,
    alpnProtocol: "http/1.1",
  });
  await sys.write(fd, encodeUtf8("GET /secret HTTP/1.1\r\nHost: web.test\r\n\r\n"));
  expect(await sys.read(fd, buffer)).toBeGreaterThan(0);
  expect(seen).toEqual(["https://127.0.0.1/secret"]);
});

test("everything else is out of reach", async () => {
  const { sys, host, seen } = await boot();
  expect(await codeOf(() => connect(sys, 22, host))).toBe("ENETUNREACH");
  const fd = await sys.socket(AF_INET, SOCK_DGRAM, 0);
  expect(await codeOf(() => sys.sendmsg(fd, encodeUtf8("?"), 0, at(9, host), []))).toBe(
    "ENETUNREACH",
  );
  // A handshake of the guest's own.
  const tls = await connect(sys, 443, host);
  await sys.write(tls, await helloOf({ servername: "web.test" }));
  expect(await codeOf(() => sys.read(tls, new Uint8Array(9)))).toBe("ECONNRESET");
  expect(await codeOf(() => connect(sys, 80, [93, 184, 215, 14]))).toBe("EACCES");
  expect(seen).toEqual([]);
});
