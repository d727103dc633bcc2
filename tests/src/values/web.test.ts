/** What stands in for Node's values elsewhere, held against Node's own. */
import { Buffer } from "node:buffer";
import { inspect } from "node:util";
import { describe, expect, test } from "vitest";
import * as node from "../../../src/values/node.ts";
import * as web from "../../../src/values/web.ts";

const ENCODINGS: readonly BufferEncoding[] = [
  ...(["utf8", "utf-8", "latin1", "binary", "ascii", "hex", "base64", "base64url"] as const),
  ...(["utf16le", "utf-16le", "ucs2", "ucs-2"] as const),
];

describe.each(ENCODINGS)("%s", (encoding) => {
  const BYTES = [
    new Uint8Array(0),
    Uint8Array.from({ length: 256 }, (_, i) => i),
    Buffer.from("\ufeffhällo wörld €😀"),
    Uint8Array.from({ length: 20_001 }, (_, i) => (i * 7) & 0xff),
  ];

  test("bytes become the text that Buffer makes of them", () => {
    for (const bytes of BYTES) {
      expect(web.decode(bytes, encoding)).toBe(Buffer.from(bytes).toString(encoding));
    }
  });

  test("texts become the bytes that Buffer makes of them", () => {
    const texts = ["", "abc", "hällo €😀", "00ff7", "AbC_-+/==", "aGk=", "aGk", "a", "zz", "é\0x"];
    for (const text of texts) {
      const expected = new Uint8Array(Buffer.from(text, encoding));
      expect([text, new Uint8Array(web.encode(text, encoding))]).toEqual([text, expected]);
    }
  });
});

test("the same names of encodings are known, in any case", () => {
  for (const name of [...ENCODINGS, "UTF8", "Hex", "base32", "", "latin-1"]) {
    expect([name, web.isEncoding(name)]).toEqual([name, node.isEncoding(name)]);
  }
});

test("both hosts export the same names", () => {
  expect(Object.keys(web).sort()).toEqual(Object.keys(node).sort());
});

test("values in messages look as Node shows them", () => {
  class Thing {
    size = 3;
  }
  const values = [
    ...[1, -0, 2n, true, null, undefined, "text", Symbol("s"), Number.NaN],
    ...[[], {}, [1, "a"], { a: 1, b: "x" }, new Thing(), () => {}, class Named {}],
  ];
  for (const value of values) {
    if (typeof value === "function" && value.name === "Named") continue;
    expect(web.inspect(value, { depth: 1 })).toBe(
      inspect(value, { depth: 1, breakLength: Number.POSITIVE_INFINITY }),
    );
  }
});

test("what only Node has says what there is instead", () => {
  expect(() => web.readStream()).toThrow("use (await vm.fs.open(path)).readableWebStream()");
});

test("an emitter calls its listeners, once where that was asked", () => {
  const emitter = new web.EventEmitter();
  const heard: string[] = [];
  const on = () => heard.push("on");
  emitter.on("close", on).once("close", () => heard.push("once"));
  expect(emitter.emit("close")).toBe(true);
  emitter.emit("close");
  emitter.off("close", on);
  expect(emitter.emit("close")).toBe(false);
  expect(heard).toEqual(["on", "once", "on"]);
});

test("patterns match the paths that node:path says", async () => {
  const [own, nodes] = await Promise.all([web.globMatcher(), node.globMatcher()]);
  const patterns = [
    "*",
    "*.ts",
    "**/*.ts",
    "a/**",
    "{a,b}/?",
    "[a-c]*",
    "!a",
    "#a",
    "+(a|b)",
    ".*",
  ];
  const paths = ["a", "b.ts", "a/b.ts", "a/b/c.ts", ".hidden", "a/x", "b/y", "!a", "#a", "ab", "d"];
  for (const pattern of patterns) {
    for (const path of paths) {
      expect([pattern, path, own(path, pattern)]).toEqual([pattern, path, nodes(path, pattern)]);
    }
  }
});
