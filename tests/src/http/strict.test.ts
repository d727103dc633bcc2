/** What of a hostile client's bytes is taken for a request, and what is refused: one row each. */
import { describe, expect, test } from "vitest";
import { HttpError } from "../../../src/http/message.ts";
import { MessageReader } from "../../../src/http/message-reader.ts";
import { MessageWriter } from "../../../src/http/message-writer.ts";
import { ServerConnection } from "../../../src/http/server-connection.ts";
import { everything, scripted } from "./streams.ts";

const POST = "POST /x HTTP/1.1\r\nHost: a\r\n";

const REFUSED: readonly [what: string, bytes: string][] = [
  ["two lengths", `${POST}Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd`],
  ["the same length twice", `${POST}Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc`],
  ["a list of lengths", `${POST}Content-Length: 3, 3\r\n\r\nabc`],
  ["a length with a sign", `${POST}Content-Length: +3\r\n\r\nabc`],
  ["a hexadecimal length", `${POST}Content-Length: 0x3\r\n\r\nabc`],
  ["an empty length", `${POST}Content-Length:\r\n\r\nabc`],
  ["a length that would be written as another", `${POST}Content-Length: 9007199254740993\r\n\r\n`],
  ["a length beyond numbers", `${POST}Content-Length: 99999999999999999999\r\n\r\n`],
  ["length and chunks", `${POST}Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`],
  ["chunks and length", `${POST}Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n`],
  ["chunked twice", `${POST}Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n`],
  [
    "chunked in two headers",
    `${POST}Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
  ],
  ["another coding", `${POST}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n`],
  ["no coding of ours", `${POST}Transfer-Encoding: identity\r\n\r\n`],
  ["chunked with a vertical tab", `${POST}Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n`],
  ["chunked in quotes", `${POST}Transfer-Encoding: "chunked"\r\n\r\n0\r\n\r\n`],
  ["chunks in HTTP/1.0", "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"],
  ["a space before the colon", `${POST}Content-Length : 3\r\n\r\nabc`],
  ["a space before any colon", `${POST}X-Y : 3\r\n\r\n`],
  ["a folded header", `${POST}X: a\r\n b\r\n\r\n`],
  ["a folded first header", "GET / HTTP/1.1\r\n Host: a\r\n\r\n"],
  ["a bare LF behind a header", `${POST}X: a\nY: b\r\n\r\n`],
  ["a bare CR in a header", `${POST}X: a\rY: b\r\n\r\n`],
  ["a bare LF behind the first line", "GET / HTTP/1.1\nHost: a\r\n\r\n"],
  ["a bare LF at the end of the headers", "GET / HTTP/1.1\r\nHost: a\r\n\n"],
  ["a NUL in a header", `${POST}X: a\0b\r\n\r\n`],
  ["a name with a space", `${POST}X Y: a\r\n\r\n`],
  ["a name of nothing", `${POST}: a\r\n\r\n`],
  ["two hosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"],
  ["no host", "GET / HTTP/1.1\r\n\r\n"],
  ["a host with a path", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n"],
  ["a host with a user", "GET / HTTP/1.1\r\nHost: u@a\r\n\r\n"],
  ["a target without a slash", "GET x HTTP/1.1\r\nHost: a\r\n\r\n"],
  ["a target of another scheme", "GET ftp://a/ HTTP/1.1\r\nHost: a\r\n\r\n"],
  ["a fragment", "GET /#x HTTP/1.1\r\nHost: a\r\n\r\n"],
  ["HTTP/0.9", "GET /\r\n\r\n"],
  ["HTTP/2's preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"],
  ["HTTP/1.2", "GET / HTTP/1.2\r\nHost: a\r\n\r\n"],
  ["another protocol", "OPTIONS rtsp://a/ RTSP/1.0\r\nHost: a\r\n\r\n"],
  ["a chunk's size with a sign", `${POST}Transfer-Encoding: chunked\r\n\r\n+3\r\nabc\r\n0\r\n\r\n`],
  ["a chunk's size in C", `${POST}Transfer-Encoding: chunked\r\n\r\n0x3\r\nabc\r\n0\r\n\r\n`],
  ["a chunk that is longer", `${POST}Transfer-Encoding: chunked\r\n\r\n2\r\nabc\r\n0\r\n\r\n`],
  ["a chunk with a bare LF", `${POST}Transfer-Encoding: chunked\r\n\r\n3\nabc\r\n0\r\n\r\n`],
  ["a chunk's size that wraps", `${POST}Transfer-Encoding: chunked\r\n\r\n1${"0".repeat(16)}\r\n`],
  ["trailers with a bare LF", `${POST}Transfer-Encoding: chunked\r\n\r\n0\r\nX: a\n\r\n`],
  ["a large head", `${POST}X: ${"a".repeat(70_000)}\r\n\r\n`],
  ["many headers", `${POST}${"X: a\r\n".repeat(600)}\r\n`],
  [
    "large trailers",
    `${POST}Transfer-Encoding: chunked\r\n\r\n0\r\nX: ${"a".repeat(70_000)}\r\n\r\n`,
  ],
  [
    "long extensions of chunks",
    `${POST}Transfer-Encoding: chunked\r\n\r\n1;${"a".repeat(20_000)}\r\na\r\n0\r\n\r\n`,
  ],
  ["blank lines without end", "\r\n".repeat(200_000)],
];

const TAKEN: readonly [what: string, bytes: string, body: string][] = [
  ["a length", `${POST}Content-Length: 3\r\n\r\nabc`, "abc"],
  ["a length of nothing", `${POST}Content-Length: 0\r\n\r\n`, ""],
  [
    "chunks",
    `${POST}Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n1;x=y\r\nd\r\n0\r\n\r\n`,
    "abcd",
  ],
  ["chunks in capitals", `${POST}Transfer-Encoding: Chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n`, "abc"],
  ["HTTP/1.0 without a host", "GET / HTTP/1.0\r\n\r\n", ""],
  ["a whole URL", "GET http://a/b HTTP/1.1\r\nHost: a\r\n\r\n", ""],
  ["an asterisk", "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", ""],
  ["a blank line before", `\r\n${POST}Content-Length: 1\r\n\r\na`, "a"],
  ["bytes beyond ASCII in a value", `${POST}X: \xe4\xff\r\nContent-Length: 1\r\n\r\na`, "a"],
];

describe("requests", () => {
  for (const [what, bytes] of REFUSED) {
    test(`${what} is refused, whole and byte by byte`, async () => {
      await expect(readAll([bytes])).rejects.toThrow(HttpError);
      if (bytes.length < 2000) await expect(readAll([...bytes])).rejects.toThrow(HttpError);
    });
  }

  for (const [what, bytes, body] of TAKEN) {
    test(`${what} is taken, whole and byte by byte`, async () => {
      expect(await readAll([bytes])).toBe(body);
      expect(await readAll([...bytes])).toBe(body);
    });
  }

  test("the server answers what it refuses, and closes", async () => {
    const stream = scripted([`${POST}Content-Length: 1\r\nContent-Length: 2\r\n\r\nab`]);
    await expect(new ServerConnection(stream).next()).rejects.toThrow("Duplicate Content-Length");
    expect(stream.written).toMatch(/^HTTP\/1.1 400 Bad Request\r\n[\s\S]*Connection: close\r\n/);
  });
});

describe("responses", () => {
  const read = async (text: string) => {
    const reader = new MessageReader(scripted([text]), "response");
    await reader.readResponse(() => false);
    return everything({ read: () => reader.readBody() });
  };

  test("a length and chunks do not go together", async () => {
    const both = "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n";
    await expect(read(`HTTP/1.1 200 OK\r\n${both}`)).rejects.toThrow(HttpError);
    await expect(read("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc")).resolves.toBe("abc");
  });

  test("a body that is cut short is no body", async () => {
    const chunk = "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n";
    await expect(read("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nabc")).rejects.toThrow(/ended/);
    await expect(read(`HTTP/1.1 200 OK\r\n${chunk}`)).rejects.toThrow(/ended/);
    await expect(read(`HTTP/1.1 200 OK\r\n${chunk}0\r\n\r\n`)).resolves.toBe("abc");
    await expect(read("HTTP/1.1 200 OK\r\n\r\nabc")).resolves.toBe("abc");
  });
});

describe("what is written", () => {
  const write = (headers: [string, string][], target = "/", method = "GET") =>
    new MessageWriter(scripted([])).request(method, target, headers, { kind: "none" });

  test("no line can be added to a head", () => {
    expect(() => write([["X", "a\r\nY: b"]])).toThrow("the value of the header X");
    expect(() => write([["X", "a\nY: b"]])).toThrow("cannot be sent");
    expect(() => write([["X\r\nY", "a"]])).toThrow("cannot be sent");
    expect(() => write([["X:", "a"]])).toThrow("cannot be sent");
    expect(() => write([["X", "\u010a"]])).toThrow("cannot be sent");
    expect(() => write([], "/ HTTP/1.1\r\nX: y")).toThrow("cannot be sent");
    expect(() => write([], "/", "GET /x")).toThrow("cannot be sent");
    expect(() => write([["X", "a\tb \xe4"]])).not.toThrow();
  });

  test("a body is as long as its head says", async () => {
    const stream = scripted([]);
    const writer = new MessageWriter(stream);
    writer.response(200, "OK", [], { kind: "length", length: 3 });
    await expect(writer.write(new Uint8Array(4))).rejects.toThrow("longer");
    await writer.write(new Uint8Array(2));
    await expect(writer.end()).rejects.toThrow("shorter");
    await writer.write(new Uint8Array(1));
    await writer.end();
  });
});

async function readAll(pieces: readonly string[]): Promise<string> {
  const reader = new MessageReader(scripted(pieces), "request");
  const received = await reader.readRequest();
  if (!received) throw new Error("there was no request");
  return everything({ read: () => reader.readBody() });
}
