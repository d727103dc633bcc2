/**
 * Guests that break TLS which the gateway speaks with them, or ask it for what no TLS can be: their
 * connection ends, and nothing of it is left as a rejection, which in-thread would end the embedder.
 */
import { Duplex } from "node:stream";
import { connect as connectTls, type TLSSocket } from "node:tls";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { AF_UNSPEC, type Kernel, type Policy, SHUT_WR } from "../../kernel/index.ts";
import { Credentials } from "../../src/gateway/http/credentials.ts";
import { HttpInspector } from "../../src/gateway/http/inspector.ts";
import { nodeDialer } from "../../src/platforms/node/dial.ts";
import { nodeTerminator } from "../../src/platforms/node/inspect/terminate.ts";
import { connect, connectedKernel, helloOf, readAll } from "../src/gateway/machine.ts";
import { type OutsideServers, outsideServers } from "./https-servers.ts";

const NOWHERE = { family: AF_UNSPEC, address: new Uint8Array(0), port: 0, scope: 0 };
/** A record that no key of the connection has made. */
const FORGED = Uint8Array.of(0x17, 3, 3, 0, 32, ...new Uint8Array(32).fill(0x78));

let outside: OutsideServers;
let kernel: Kernel;
const asked: string[] = [];
const rejections: unknown[] = [];
const hear = (reason: unknown) => rejections.push(reason);

beforeAll(async () => {
  outside = await outsideServers();
  const policy: Policy = {
    decide(crossing) {
      if ("host" in crossing) asked.push(crossing.host);
      return { allowed: true, reason: "the test" };
    },
  };
  const credentials = new Credentials([], async () => []);
  const terminator = await nodeTerminator();
  const inspector = new HttpInspector({ policy, credentials, terminator });
  const dialer = nodeDialer({ ca: [outside.ca] });
  const hosts = outside.hosts("api.test");
  ({ kernel } = connectedKernel({ policy, hosts, inspector, dialer }));
  process.on("unhandledRejection", hear);
});
afterAll(async () => {
  process.off("unhandledRejection", hear);
  await outside?.[Symbol.asyncDispose]();
});
afterEach(async () => {
  // Rejections are told of when the microtasks of a turn are done.
  await new Promise((resolve) => setImmediate(resolve));
  expect(rejections.splice(0)).toEqual([]);
});

describe("a program whose TLS is looked into", () => {
  const breaks: Record<string, (fd: number) => Promise<unknown>> = {
    "resets its connection": async (fd) => kernel.init.connect(fd, NOWHERE),
    "ends its side, without TLS's own end,": async (fd) => kernel.init.shutdown(fd, SHUT_WR),
    "sends a forged record": async (fd) => kernel.init.write(fd, FORGED),
  };
  for (const [what, act] of Object.entries(breaks)) {
    test(`${what} in the middle of a request`, async () => {
      const { fd, tls } = await guest();
      tls.write("POST /up HTTP/1.1\r\nHost: api.test\r\nContent-Length: 9\r\n\r\nabc");
      await served("/up");
      await act(fd);
      await over();
      const { tls: other } = await guest();
      other.end("GET /ok HTTP/1.1\r\nHost: api.test\r\nConnection: close\r\n\r\n");
      expect(await textOf(other)).toMatch(/^HTTP\/1.1 200 OK[\s\S]*GET \/ok $/);
    });
  }

  test("names a server for which there is no certificate", async () => {
    const fd = await connect(kernel.init, 443, await address());
    const name = "fe80::1%eth0.z";
    const hello = await helloOf({ servername: `x${"y".repeat(name.length - 2)}z` });
    const at = Buffer.from(hello).indexOf("xyy");
    hello.set(new TextEncoder().encode(name), at);
    await kernel.init.write(fd, hello);
    await expect(readAll(kernel.init, fd)).rejects.toMatchObject({ code: "ECONNRESET" });
    expect(asked).toContain(name);
  });
});

describe("a handshake that the gateway is asked for", () => {
  const session = async (options: object) => {
    const fd = await connect(kernel.init, 443, await address());
    const wanted = { servername: "api.test", ...options };
    const handshake = await kernel.init.tls_connect(fd, JSON.stringify(wanted), 0);
    return { fd, read: async () => kernel.init.read(handshake, new Uint8Array(65_536)) };
  };

  test("is made", async () => {
    const { read } = await session({ alpnProtocols: ["http/1.1"] });
    expect(await read()).toBeGreaterThan(0);
  });

  test("fails where certificates are none, also for what was sent meanwhile", async () => {
    for (const options of [{ cert: "x" }, { cert: "x", key: "y" }, { key: "-----BEGIN" }]) {
      const { fd, read } = await session(options);
      await kernel.init.write(fd, new TextEncoder().encode("GET / HTTP/1.1\r\n\r\n"));
      await read().catch((reason) => expect(reason).toMatchObject({ code: "EPROTO" }));
      await kernel.init.close(fd);
    }
  });

  test("is not begun with protocols that have no place on the wire", async () => {
    for (const protocol of ["", "é".repeat(200)]) {
      const begun = session({ alpnProtocols: ["http/1.1", protocol] });
      await expect(begun).rejects.toMatchObject({ code: "EINVAL" });
    }
  });

  test("names no server that rules cannot read: a NUL would cut the name in two", async () => {
    for (const servername of ["other.test\0.api.test", "other.test:443", "other.test "]) {
      const { read } = await session({ servername, rejectUnauthorized: false });
      await expect(read(), servername).rejects.toMatchObject({ code: "EACCES" });
    }
    const { read } = await session({ servername: "other.test", rejectUnauthorized: false });
    expect(await read()).toBeGreaterThan(0);
    expect(asked).toContain("other.test");
  });
});

async function address(): Promise<number[]> {
  const [found] = await kernel.init.getaddrinfo("api.test", 2);
  return [...(found as Uint8Array)];
}

/** TLS of a program's own, over a socket of the kernel's. */
async function guest(): Promise<{ fd: number; tls: TLSSocket }> {
  const fd = await connect(kernel.init, 443, await address());
  const buffer = new Uint8Array(65_536);
  const wire = new Duplex({
    read() {
      const reading = async () => kernel.init.read(fd, buffer);
      reading().then(
        (count) => this.push(count === 0 ? null : Buffer.from(buffer.slice(0, count))),
        () => this.destroy(),
      );
    },
    write(bytes: Buffer, _encoding, done) {
      const writing = async () => kernel.init.write(fd, Uint8Array.from(bytes));
      writing().then(() => done(), done);
    },
  });
  wire.on("error", () => {});
  const tls = connectTls({ socket: wire, servername: "api.test", rejectUnauthorized: false });
  await new Promise((resolve) => tls.once("secureConnect", resolve));
  tls.on("error", () => {});
  return { fd, tls };
}

async function textOf(tls: TLSSocket): Promise<string> {
  let text = "";
  for await (const piece of tls) text += piece;
  return text;
}

/** The server has the head of another such request. */
async function served(path: string): Promise<void> {
  await expect.poll(() => outside.begun.splice(0)).toContain(path);
}

/** The gateway has let go of its connections to the server. */
async function over(): Promise<void> {
  await expect.poll(() => outside.connected).toBe(0);
}
