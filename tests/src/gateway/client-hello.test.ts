/** The hello of TLS clients: Node's own in any pieces, and bytes that nobody vouches for. */
import { expect, test } from "vitest";
import { looksLikeTls, parseClientHello } from "../../../src/gateway/client-hello.ts";
import { seeded } from "../../kernel/random.ts";
import { helloOf } from "./machine.ts";

/** The same message in records of `size` bytes. */
function fragmented(hello: Uint8Array, size: number): Uint8Array {
  const message = hello.subarray(5);
  const pieces: number[] = [];
  for (let at = 0; at < message.length; at += size) {
    const part = message.subarray(at, at + size);
    pieces.push(22, 3, 1, part.length >> 8, part.length & 255, ...part);
  }
  return Uint8Array.from(pieces);
}

test("names the server and the protocols", async () => {
  const hello = await helloOf({ servername: "Example.Test", ALPNProtocols: ["h2", "http/1.1"] });
  const expected = { serverName: "example.test", alpnProtocols: ["h2", "http/1.1"] };
  expect(looksLikeTls(hello)).toBe(true);
  expect(parseClientHello(hello)).toEqual(expected);
  const plain = await helloOf({});
  expect(parseClientHello(plain)).toEqual({ serverName: undefined, alpnProtocols: [] });
  for (const size of [1, 2, 3, 100]) {
    expect(parseClientHello(fragmented(hello, size))).toEqual(expected);
  }
});

test("waits for all of it, however it comes, and no longer", async () => {
  const hello = await helloOf({ servername: "example.test" });
  for (const bytes of [hello, fragmented(hello, 7)]) {
    for (let length = 0; length < bytes.length; length++) {
      expect(parseClientHello(bytes.subarray(0, length))).toBe("more");
    }
    const behind = Uint8Array.of(...bytes, 1, 2, 3);
    expect(parseClientHello(behind)).toEqual(parseClientHello(bytes));
  }
});

test("a large one is read; one without end is not", async () => {
  const hello = await helloOf({ servername: "example.test" });
  // An extension of 20,000 bytes, which takes two records.
  const padding = 20_000;
  const body = hello.subarray(9);
  const at = extensionsAt(body);
  const extensions = body.subarray(at + 2);
  const length = extensions.length + padding + 4;
  const larger = Uint8Array.of(
    ...body.subarray(0, at),
    ...[length >> 8, length & 255, ...extensions, 0, 21, padding >> 8, padding & 255],
    ...new Uint8Array(padding),
  );
  const message = [1, larger.length >> 16, (larger.length >> 8) & 255, larger.length & 255];
  const whole = fragmented(Uint8Array.of(0, 0, 0, 0, 0, ...message, ...larger), 16_384);
  expect(parseClientHello(whole)).toMatchObject({ serverName: "example.test" });
  expect(parseClientHello(Uint8Array.of(22, 3, 1, 0, 4, 1, 1, 0, 0))).toBe("more");
  expect(parseClientHello(Uint8Array.of(22, 3, 1, 0, 4, 1, 2, 0, 0))).toBe("malformed");
  expect(parseClientHello(Uint8Array.of(22, 3, 1, 0, 0))).toBe("malformed");
});

test("what could be read in two ways is refused", async () => {
  const hello = await helloOf({ servername: "one.test" });
  const body = hello.subarray(9);
  const at = extensionsAt(body);
  const extensions = body.subarray(at + 2);
  const again = [0, 0, 0, 13, 0, 11, 0, 0, 8, ...new TextEncoder().encode("two.test")];
  const length = extensions.length + again.length;
  const twice = [...body.subarray(0, at), length >> 8, length & 255, ...extensions, ...again];
  const message = [1, 0, twice.length >> 8, twice.length & 255, ...twice];
  const record = [22, 3, 1, message.length >> 8, message.length & 255, ...message];
  expect(parseClientHello(Uint8Array.from(record))).toBe("malformed");
});

test("no bytes are a fault", async () => {
  const hello = await helloOf({ servername: "example.test", ALPNProtocols: ["h2"] });
  const random = seeded(11);
  for (let i = 0; i < 20_000; i++) {
    const bytes = hello.slice(0, random.below(hello.length + 1));
    for (let k = random.below(4); k > 0 && bytes.length > 0; k--) {
      bytes[random.below(bytes.length)] = random.below(256);
    }
    const found = parseClientHello(bytes);
    expect(typeof found === "string" || Array.isArray(found.alpnProtocols)).toBe(true);
  }
});

/** Where the length of the extensions stands: behind version, random, session, ciphers, compressions. */
function extensionsAt(body: Uint8Array): number {
  let at = 34;
  at += 1 + (body[at] as number);
  at += 2 + (((body[at] as number) << 8) | (body[at + 1] as number));
  return at + 1 + (body[at] as number);
}
