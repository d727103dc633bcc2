/** Connections of the host's to addresses that were checked. */

import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { expect, test } from "vitest";
import { dialTcp } from "../../../../src/platforms/node/dial-tcp.ts";
import { codeOf } from "../../../kernel/boot.ts";

test("the addresses of a name are tried in turn, and no others", async () => {
  const server = createServer((socket) => socket.end("hello"));
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address() as AddressInfo;
  // Where this host would lead such a name is not asked.
  const target = { host: "localhost", port, asked: port };
  const stream = await dialTcp({ ...target, addresses: ["127.0.0.2", "127.0.0.1"] }, []);
  expect(String(Buffer.from((await stream.read(100)) as Uint8Array))).toBe("hello");
  expect(await stream.read(100)).toBeUndefined();
  stream.abort();
  const elsewhere = { ...target, addresses: ["127.0.0.2", "127.0.0.3"] };
  expect(await codeOf(() => dialTcp(elsewhere, []))).toBe("ECONNREFUSED");
  server.close();
});

test("bytes come in pieces of the size that is asked for, and in order", async () => {
  const sent = Buffer.from(Array.from({ length: 200_000 }, (_, i) => i % 251));
  const server = createServer((socket) => socket.end(sent));
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address() as AddressInfo;
  const target = { host: "127.0.0.1", port, asked: port, addresses: ["127.0.0.1"] };
  const stream = await dialTcp(target, []);
  const pieces: Uint8Array[] = [];
  for (let piece = await stream.read(1000); piece; piece = await stream.read(1000)) {
    expect(piece.length).toBeLessThanOrEqual(1000);
    pieces.push(piece);
  }
  expect(Buffer.concat(pieces).equals(sent)).toBe(true);
  stream.abort();
  server.close();
});
