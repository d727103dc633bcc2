/**
 * What a guest says in HTTP against what the server outside gets to read: one rule, `GET` and `POST` below
 * /ok, and every way known to hide another request from who rules.
 */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Kernel } from "../../kernel/index.ts";
import { rawServer } from "./https-servers.ts";
import { guestTo, inspectedKernel } from "./inspected-kernel.ts";

const RULES = ["GET,POST http://api.test/ok/**"];
const OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

let kernel: Kernel;
let server: Awaited<ReturnType<typeof rawServer>>;

/** Answers each whole request, as it reads them, with `answer`. */
async function serving(answer: string | ((head: string) => string) = OK, rules = RULES) {
  server = await rawServer((socket) => {
    let text = "";
    socket.on("data", (data) => {
      text += data.toString("latin1");
      for (let end = text.indexOf("\r\n\r\n"); end >= 0; end = text.indexOf("\r\n\r\n")) {
        const head = text.slice(0, end);
        const length = Number(/content-length: (\d+)/i.exec(head)?.[1] ?? 0);
        text = text.slice(end + 4 + length);
        socket.write(typeof answer === "string" ? answer : answer(head), "latin1");
      }
    });
  });
  kernel = inspectedKernel(rules, { "api.test:80": `127.0.0.1:${server.port}` });
}

beforeEach(() => serving());
afterEach(async () => {
  kernel.shutdown();
  await server[Symbol.asyncDispose]();
});

async function say(text: string): Promise<string> {
  const guest = await guestTo(kernel, "api.test", 80);
  await guest.send(text);
  await guest.end();
  return guest.all();
}

const GET = "GET /ok/1 HTTP/1.1\r\nHost: api.test\r\n\r\n";
const SECRET = "GET /secret HTTP/1.1\r\nHost: api.test\r\n\r\n";
const POST = "POST /ok/2 HTTP/1.1\r\nHost: api.test\r\n";

test("what is granted passes, written anew", async () => {
  expect(await say(GET)).toMatch(/^HTTP\/1.1 200 OK\r\n[\s\S]*ok$/);
  expect(server.received()).toBe("GET /ok/1 HTTP/1.1\r\nHost: api.test\r\n\r\n");
});

test("what is not is refused, by the rule's name, and the connection goes on", async () => {
  const said = await say(SECRET + GET);
  expect(said).toMatch(/^HTTP\/1.1 403 Forbidden\r\n/);
  expect(said).toContain(
    "permissions.network has no rule that allows GET http://api.test:80/secret",
  );
  expect(said).toMatch(/ok$/);
  expect(server.received()).not.toContain("secret");
});

describe("a second request that is not to be seen", () => {
  const chunks = `0\r\n\r\n${SECRET}`;
  const rows: Record<string, string> = {
    "behind a body of two lengths": `${POST}Content-Length: 5\r\nContent-Length: 0\r\n\r\n${SECRET}`,
    "behind a length and chunks": `${POST}Content-Length: ${chunks.length}\r\nTransfer-Encoding: chunked\r\n\r\n${chunks}`,
    "behind chunks and a length": `${POST}Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n5c\r\n${SECRET}\r\n0\r\n\r\n`,
    "behind a coding with a space": `${POST}Transfer-Encoding : chunked\r\nContent-Length: ${chunks.length}\r\n\r\n${chunks}`,
    "behind a coding of another name": `${POST}Transfer-Encoding: xchunked\r\n\r\n${chunks}`,
    "behind a coding with a tab": `${POST}Transfer-Encoding:\tchunked, identity\r\n\r\n${chunks}`,
    "behind two codings": `${POST}Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n${chunks}`,
    "behind a coding that is folded": `${POST}Transfer-Encoding:\r\n chunked\r\nContent-Length: ${chunks.length}\r\n\r\n${chunks}`,
    "behind a length in HTTP/1.0": `POST /ok/2 HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n${chunks}`,
    "behind a bare LF": `${POST}X: a\n\nGET /secret HTTP/1.1\r\nHost: api.test\r\n\r\n`,
    "behind a bare CR": `${POST}X: a\r\rGET /secret HTTP/1.1\r\nHost: api.test\r\n\r\n`,
    "behind a NUL": `${POST}X: a\0\r\n\r\n${SECRET}`,
    "behind a chunk's long extension": `${POST}Transfer-Encoding: chunked\r\n\r\n1;${"a".repeat(20_000)}\r\na\r\n${chunks}`,
    "behind a chunk's size that wraps": `${POST}Transfer-Encoding: chunked\r\n\r\n10000000000000000\r\na\r\n${chunks}`,
    pipelined: GET + SECRET,
    "behind an upgrade that is refused": `GET /ok/1 HTTP/1.1\r\nHost: api.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n${SECRET}`,
    "in HTTP/2 behind an upgrade": `GET /ok/1 HTTP/1.1\r\nHost: api.test\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n\r\n${SECRET}`,
    "in HTTP/2": `PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n${SECRET}`,
  };
  for (const [what, bytes] of Object.entries(rows)) {
    test(`${what} does not go out`, async () => {
      await say(bytes);
      expect(server.received()).not.toMatch(/secret/);
      expect(server.received()).not.toMatch(/h2c|transfer-encoding: (?!chunked\r)/i);
      // The connection would have carried it.
      await say(GET);
      expect(server.received()).toContain("/ok/1");
    });
  }
});

describe("a target that rules read otherwise than servers", () => {
  const targets = [
    "/ok/../secret",
    "/ok/%2e%2e/secret",
    "/ok/..%2fsecret",
    "/ok%2f..%2f..%2fsecret",
    "/ok/%252e%252e/secret",
    "/ok\\..\\..\\secret",
    "//secret",
    "/OK/../secret",
    "http://api.test/secret",
    "http://api.test@evil.test/ok/1?secret",
    "http://evil.test/ok/1?secret",
    "https://api.test/ok/1?secret",
    "*",
  ];
  for (const target of targets) {
    test(target, async () => {
      const said = await say(`GET ${target} HTTP/1.1\r\nHost: api.test\r\n\r\n`);
      expect(said).toMatch(/^HTTP\/1.1 4\d\d /);
      expect(server.received()).toBe("");
    });
  }

  test("a whole URL of the granted host goes out as a path", async () => {
    expect(await say("GET http://api.test/ok/3?x HTTP/1.1\r\nHost: api.test\r\n\r\n")).toMatch(
      /ok$/,
    );
    expect(server.received()).toMatch(/^GET \/ok\/3\?x HTTP\/1.1\r\nHost: api.test\r\n/);
  });
});

describe("another host's name", () => {
  test("is refused, and the same connection's own is not", async () => {
    const said = await say(`GET /ok/1 HTTP/1.1\r\nHost: evil.test\r\n\r\n${GET}`);
    expect(said).toMatch(/^HTTP\/1.1 421 Misdirected Request\r\n/);
    expect(said).toMatch(/ok$/);
    expect(server.received()).not.toContain("evil");
  });

  for (const host of [
    "api.test:8080",
    "api.test.evil.test",
    "evil.test:80",
    "api.test,evil.test",
  ]) {
    test(host, async () => {
      expect(await say(`GET /ok/1 HTTP/1.1\r\nHost: ${host}\r\n\r\n`)).toMatch(/^HTTP\/1.1 4/);
      expect(server.received()).toBe("");
    });
  }

  for (const host of ["API.test", "api.test:80", "api.test."]) {
    test(`${host} is the same`, async () => {
      expect(await say(`GET /ok/1 HTTP/1.1\r\nHost: ${host}\r\n\r\n`)).toMatch(/ok$/);
    });
  }
});

describe("other ways past the rules", () => {
  test("CONNECT and TRACE need rules of their own", async () => {
    expect(await say("CONNECT evil.test:443 HTTP/1.1\r\nHost: evil.test:443\r\n\r\n")).toMatch(
      /^HTTP\/1.1 403 /,
    );
    expect(await say("TRACE /ok/1 HTTP/1.1\r\nHost: api.test\r\n\r\n")).toMatch(/^HTTP\/1.1 403 /);
    expect(server.received()).toBe("");
  });

  test("what is no HTTP is refused where only requests are granted", async () => {
    expect(await say("HELO api.test\r\n")).toBe("[reset]");
    expect(await say("get /secret HTTP/1.1\r\nHost: api.test\r\n\r\n")).toBe("[reset]");
    expect(server.received()).toBe("");
  });

  test("and passes where the host is", async () => {
    kernel.shutdown();
    await server[Symbol.asyncDispose]();
    await serving(OK, ["api.test:80"]);
    const guest = await guestTo(kernel, "api.test", 80);
    await guest.send("HELO api.test\r\n\r\n");
    expect(await guest.until((text) => text.endsWith("ok"))).toMatch(/ok$/);
    expect(server.received()).toBe("HELO api.test\r\n\r\n");
  });

  test("headers that are named away by Connection are only those of the connection", async () => {
    const named = "Connection: close, authorization, x-gone\r\nAuthorization: mine\r\nX-Gone: 1";
    await say(`GET /ok/1 HTTP/1.1\r\nHost: api.test\r\n${named}\r\n\r\n`);
    expect(server.received()).toContain("Authorization: mine");
    expect(server.received()).not.toMatch(/x-gone/i);
  });
});

describe("a server that lies", () => {
  const answers: Record<string, string> = {
    "two lengths": "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 40\r\n\r\nok",
    "a length and chunks":
      "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "a bare LF": "HTTP/1.1 200 OK\nContent-Length: 2\n\nok",
    "101 to what was no upgrade":
      "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\nraw",
  };
  for (const [what, answer] of Object.entries(answers)) {
    test(`${what}: the guest's connection breaks`, async () => {
      kernel.shutdown();
      await server[Symbol.asyncDispose]();
      await serving(answer);
      expect(await say(GET)).toBe("[reset]");
    });
  }

  test("a second answer to one request is nobody's", async () => {
    kernel.shutdown();
    await server[Symbol.asyncDispose]();
    await serving(`${OK}HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nother`);
    const guest = await guestTo(kernel, "api.test", 80);
    await guest.send(GET + GET);
    const said = await guest.all();
    expect(said).toMatch(/ok/);
    expect(said).not.toMatch(/other/);
  });

  test("an answer that breaks off is one that broke", async () => {
    kernel.shutdown();
    await server[Symbol.asyncDispose]();
    server = await rawServer((socket) => {
      socket.once("data", () => {
        socket.write("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\npart");
        setTimeout(() => socket.resetAndDestroy(), 20);
      });
    });
    kernel = inspectedKernel(RULES, { "api.test:80": `127.0.0.1:${server.port}` });
    expect(await say(GET)).toMatch(/part\[reset\]$/);
  });
});

test("a WebSocket passes where its request does", async () => {
  kernel.shutdown();
  await server[Symbol.asyncDispose]();
  const upgrade =
    "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n";
  server = await rawServer((socket) => {
    socket.once("data", (data) => {
      if (!/upgrade: websocket/i.test(String(data))) return socket.end(OK);
      socket.write(`${upgrade}Sec-WebSocket-Accept: x\r\n\r\nhello`);
      socket.on("data", (more) => socket.write(`echo ${more}`));
      return undefined;
    });
  });
  kernel = inspectedKernel(RULES, { "api.test:80": `127.0.0.1:${server.port}` });
  const guest = await guestTo(kernel, "api.test", 80);
  const ask = (path: string) =>
    guest.send(
      `GET ${path} HTTP/1.1\r\nHost: api.test\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n\r\n`,
    );
  await ask("/secret");
  expect(await guest.until((text) => text.includes("secret\n"))).toMatch(/^HTTP\/1.1 403 /);
  await ask("/ok/socket");
  await guest.until((text) => text.endsWith("hello"));
  await guest.send("raw");
  expect(await guest.until((text) => text.endsWith("echo raw"))).toContain(upgrade.slice(0, 30));
  await guest.close();
});

test("a server that closes between requests closes the guest's connection", async () => {
  kernel.shutdown();
  await server[Symbol.asyncDispose]();
  server = await rawServer((socket) => {
    socket.once("data", () => {
      socket.write(OK);
      setTimeout(() => socket.end(), 10);
    });
  });
  kernel = inspectedKernel(RULES, { "api.test:80": `127.0.0.1:${server.port}` });
  const guest = await guestTo(kernel, "api.test", 80);
  await guest.send(GET);
  expect(await guest.all()).toMatch(/ok$/);
  await guest.close();
});
