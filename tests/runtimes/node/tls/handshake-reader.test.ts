/** What a handshake shows before it is encrypted, from peers that mean no good too. */

import { Duplex } from "node:stream";
import { connect } from "node:tls";
import { expect, test } from "vitest";
import {
  HandshakeReader,
  Message,
  readClientHello,
} from "../../../../runtimes/node/tls/handshake-reader.ts";
import { seeded } from "../../../kernel/random.ts";

/** What Node's client sends first. */
function hello(): Promise<Uint8Array> {
  return new Promise((resolve) => {
    const wire = new Duplex({
      read() {},
      write(bytes: Buffer) {
        resolve(Uint8Array.from(bytes));
        wire.destroy();
      },
    });
    connect({ socket: wire, servername: "a.test", ALPNProtocols: ["h2", "x"] }).on(
      "error",
      () => {},
    );
  });
}

test("a hello is read, however its bytes come", async () => {
  const bytes = await hello();
  for (const size of [1, 7, bytes.length]) {
    const reader = new HandshakeReader();
    const found = [];
    for (let at = 0; at < bytes.length; at += size) {
      found.push(...reader.read(bytes.subarray(at, at + size)));
    }
    expect(found.map(({ type }) => type)).toEqual([Message.ClientHello]);
    expect(readClientHello(found[0]?.body as Uint8Array)).toEqual({
      servername: "a.test",
      protocols: Uint8Array.of(2, 104, 50, 1, 120),
      sessionId: expect.any(Uint8Array),
      hasTicket: false,
      identities: [],
    });
  }
});

test("no bytes are a fault, and what is no handshake is not kept", async () => {
  const bytes = await hello();
  const random = seeded(5);
  for (let i = 0; i < 5000; i++) {
    const cut = bytes.slice(0, random.below(bytes.length + 1));
    for (let k = random.below(4); k > 0 && cut.length > 0; k--) {
      cut[random.below(cut.length)] = random.below(256);
    }
    for (const { body } of new HandshakeReader().read(cut)) readClientHello(body);
  }
  const reader = new HandshakeReader();
  expect(reader.read(Uint8Array.of(23, 3, 3, 0, 1, 0))).toEqual([]);
  expect(reader.read(bytes)).toEqual([]);
});
