/** Both sides of a connection against each other, and each against Node's own. */
import { createServer, request as nodeRequest, type RequestListener } from "node:http";
import { type AddressInfo, connect, createServer as createTcpServer, type Socket } from "node:net";
import { Duplex } from "node:stream";
import { afterEach, describe, expect, test } from "vitest";
import { type ByteStream, sourceOf } from "../../../src/http/byte-stream.ts";
import { ClientConnection } from "../../../src/http/client-connection.ts";
import type { ResponseHead } from "../../../src/http/message.ts";
import { ServerConnection, type ServerResponse } from "../../../src/http/server-connection.ts";
import { streamFrom } from "../../../src/http/web-streams.ts";
import { bytesOf, everything, pair } from "./streams.ts";

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

const GET = { method: "GET", target: "/", headers: [["Host", "a"]] } as const;
const text = (body: string): ServerResponse => ({
  status: 200,
  headers: [["X-From", "test"]],
  body: sourceOf(bytesOf(body)),
  length: body.length,
});

describe("a client and a server of ours", () => {
  test("many requests on one connection, bodies both ways", async () => {
    const [near, far] = pair();
    const served = serve(far, async ({ body }) =>
      text(`got ${body ? await everything(body) : ""}`),
    );
    const client = new ClientConnection(near);
    for (const sent of ["one", "", "x".repeat(100_000)]) {
      const body = sent === "" ? {} : { body: sourceOf(bytesOf(sent)) };
      const response = await client.request({ ...GET, method: "POST", ...body });
      expect(await everything(response.body)).toBe(`got ${sent}`);
      expect(client.isFree).toBe(true);
    }
    await near.end();
    await served;
  });

  test("HEAD has a length and no body, and the connection goes on", async () => {
    const [near, far] = pair();
    void serve(far, async () => text("hello"));
    const client = new ClientConnection(near);
    const head = await client.request({ ...GET, method: "HEAD" });
    expect(head.length).toBe(5);
    expect(await everything(head.body)).toBe("");
    expect(await everything((await client.request(GET)).body)).toBe("hello");
  });

  test("a body that nobody reads stops its sender", async () => {
    const [near, far] = pair(1 << 10);
    let given = 0;
    const endless = {
      read: async () => {
        given += 1 << 10;
        return new Uint8Array(1 << 10);
      },
      cancel() {},
    };
    void serve(far, async () => ({ status: 200, headers: [], body: endless })).catch(() => {});
    const response = await new ClientConnection(near).request(GET);
    await response.body.read();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(given).toBeLessThan(300 << 10);
    response.body.cancel();
  });

  test("100 Continue comes when the body is read, and trailers behind it", async () => {
    const [near, far] = pair();
    const informed: number[] = [];
    void serve(far, async (request) => {
      const body = await everything(request.body as never);
      return { ...text(body), length: undefined, trailers: () => [["X-Sum", "7"]] };
    });
    const client = new ClientConnection(near, {
      onInformation: (head: ResponseHead) => informed.push(head.status),
    });
    const headers = [...GET.headers, ["Expect", "100-continue"]] as const;
    const response = await client.request({
      ...GET,
      method: "PUT",
      headers: headers as never,
      body: sourceOf(bytesOf("data")),
      length: 4,
    });
    expect(await everything(response.body)).toBe("data");
    expect(informed).toEqual([100]);
    expect(response.trailers).toEqual([["X-Sum", "7"]]);
  });

  test("an upgrade hands the connection over, with what came behind it", async () => {
    const [near, far] = pair();
    const server = new ServerConnection(far);
    const accepting = server.next().then(async (request) => {
      expect(request?.wantsUpgrade).toBe(true);
      const raw = await server.upgrade(101, "Switching Protocols", [
        ["Connection", "upgrade"],
        ["Upgrade", "echo"],
      ]);
      await raw.write(bytesOf("welcome"));
      return raw;
    });
    const headers = [...GET.headers, ["Connection", "upgrade"], ["Upgrade", "echo"]];
    const { status, upgraded } = await new ClientConnection(near).request({
      ...GET,
      headers: headers as never,
    });
    expect(status).toBe(101);
    const raw = await accepting;
    await raw.end();
    expect(await everything(upgraded as ByteStream)).toBe("welcome");
  });

  test("a body that fails fails the request, and its message is not made whole", async () => {
    const [near, far] = pair();
    const seen = new ServerConnection(far)
      .next()
      .then((request) => everything(request?.body as never));
    seen.catch(() => {});
    const failing = {
      read: async () => {
        throw new Error("the disk is gone");
      },
      cancel() {},
    };
    const asked = new ClientConnection(near).request({ ...GET, method: "POST", body: failing });
    await expect(asked).rejects.toThrow("the disk is gone");
    await expect(seen).rejects.toThrow();
  });
});

describe("against Node", () => {
  test("our client reads what Node's server writes", async () => {
    const port = await nodeServer((request, response) => {
      response.setHeader("Set-Cookie", ["a=1", "b=2"]);
      if (request.url === "/chunks") {
        response.write("a");
        setTimeout(() => response.end("b"), 5);
      } else request.pipe(response);
    });
    const client = new ClientConnection(await dial(port));
    const chunks = await client.request({ ...GET, target: "/chunks" });
    expect(await everything(chunks.body)).toBe("ab");
    expect(chunks.headers.filter(([name]) => name === "Set-Cookie")).toHaveLength(2);
    const large = new Uint8Array(3 << 20).fill(97);
    const echo = await client.request({ ...GET, method: "POST", body: sourceOf(large) });
    let size = 0;
    for (let piece = await echo.body.read(); piece; piece = await echo.body.read()) {
      size += piece.length;
    }
    expect(size).toBe(3 << 20);
    client.abort();
  });

  test("our server answers Node's client", async () => {
    const port = await tcpServer((stream) =>
      serve(stream, async ({ target, body }) =>
        text(`${target} ${body ? (await everything(body)).length : 0}`),
      ),
    );
    const ask = (path: string, body?: Buffer) =>
      new Promise<string>((resolve, reject) => {
        const asked = nodeRequest({ port, path, method: body ? "POST" : "GET" }, (response) => {
          let all = "";
          response.on("data", (data) => {
            all += data;
          });
          response.on("end", () => resolve(all));
        });
        asked.on("error", reject);
        asked.end(body);
      });
    expect(await ask("/a?b")).toBe("/a?b 0");
    expect(await ask("/up", Buffer.alloc(1 << 20))).toBe("/up 1048576");
  });
});

async function serve(
  stream: ByteStream,
  answer: (
    request: NonNullable<Awaited<ReturnType<ServerConnection["next"]>>>,
  ) => Promise<ServerResponse>,
): Promise<void> {
  const server = new ServerConnection(stream);
  for (let request = await server.next(); request; request = await server.next()) {
    await server.respond(await answer(request));
  }
}

async function nodeServer(listener: RequestListener): Promise<number> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  closing.push(() => {
    server.close();
    server.closeAllConnections();
  });
  return (server.address() as AddressInfo).port;
}

async function tcpServer(serve: (stream: ByteStream) => Promise<void>): Promise<number> {
  const server = createTcpServer((socket) => void serve(overSocket(socket)).catch(() => {}));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  closing.push(() => server.close());
  return (server.address() as AddressInfo).port;
}

async function dial(port: number): Promise<ByteStream> {
  const socket = connect(port, "127.0.0.1");
  await new Promise((resolve) => socket.once("connect", resolve));
  return overSocket(socket);
}

function overSocket(socket: Socket): ByteStream {
  return streamFrom(Duplex.toWeb(socket) as never);
}
