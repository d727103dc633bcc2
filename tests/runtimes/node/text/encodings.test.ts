import { createMultibyteDecoder } from "@exodus/bytes/multi-byte.js";
import { createSinglebyteDecoder } from "@exodus/bytes/single-byte.js";
import { describe, expect, test } from "vitest";
import { atob as decode, btoa as encode } from "../../../../runtimes/node/text/base64.ts";
import { bytesOfText, type Encoding, readText } from "../../../../runtimes/node/text/encodings.ts";
import { InvalidData, textSource } from "../../../../runtimes/node/text/legacy.ts";
import { indexOfBytes } from "../../../../runtimes/node/text/search.ts";

const legacy = () => ({ createMultibyteDecoder, createSinglebyteDecoder });
const ALL: Exclude<Encoding, "buffer">[] = [
  "ascii",
  "utf8",
  "base64",
  "base64url",
  "utf16le",
  "latin1",
  "hex",
];

test.each(ALL)("%s of all bytes, there and back, as the host's Node", (encoding) => {
  const bytes = Buffer.from(Array.from({ length: 300 }, (_, i) => i & 0xff));
  const text = readText(bytes, encoding);
  expect(text).toBe(bytes.toString(encoding));
  expect(Buffer.from(bytesOfText(text, encoding)).equals(Buffer.from(text, encoding))).toBe(true);
});

test.each([
  ["base64", "YQ==YQ==", "61"],
  ["base64", "Y-_/+Q", "63effff9"],
  ["base64", " Y\nW\tI= ", "6162"],
  ["base64", "Y", ""],
  ["base64", "", ""],
  ["hex", "abcxef", "ab"],
  ["hex", "abc", "ab"],
  ["hex", "zz", ""],
] as const)("%s of %j is read as %s", (encoding, text, hex) => {
  expect(Buffer.from(bytesOfText(text, encoding)).toString("hex")).toBe(hex);
});

test("forgiving base64 tells what is wrong", () => {
  expect([decode(" YQ = ="), decode("YQ"), decode("Y"), decode("Y*=="), decode("YQ=")]).toEqual([
    ...["a", "a", -1, -2, -2],
  ]);
  expect([encode("ÿa"), encode("€")]).toEqual(["/2E=", -1]);
});

describe("streams of text", () => {
  test.each([
    ["utf-8", "e282ac f09f9880 41", "€😀A"],
    ["utf-16le", "ac20 3dd800de 4100", "€😀A"],
    ["utf-16be", "20ac d83dde00 0041", "€😀A"],
    ["gb18030", "c4e3 81308130", "你\u0080"],
    ["shift_jis", "93fa 967b", "日本"],
    ["euc-kr", "c7d1", "한"],
    ["windows-1251", "cff0", "Пр"],
  ])("%s byte by byte", (encoding, hex, text) => {
    const bytes = Buffer.from(hex.replaceAll(" ", ""), "hex");
    const source = textSource(encoding, true, legacy);
    let found = "";
    for (const byte of bytes) found += source?.decode(Uint8Array.of(byte), false);
    expect(found + source?.decode(new Uint8Array(), true)).toBe(text);
    expect(source?.decode(bytes, true)).toBe(text);
  });

  test("what is cut off is a fault, or U+FFFD", () => {
    const cut = Uint8Array.of(0xe2, 0x82);
    expect(() => textSource("utf-8", true, legacy)?.decode(cut, true)).toThrow(InvalidData);
    expect(textSource("utf-8", false, legacy)?.decode(cut, true)).toBe("\ufffd");
    expect(textSource("utf-16le", false, legacy)?.decode(Uint8Array.of(0x41, 0, 0x42), true)).toBe(
      "A\ufffd",
    );
  });

  test("encodings that Node does not know are none", () => {
    expect(textSource("x-user-defined", false, legacy)).toBeUndefined();
    expect(textSource("nothing", false, legacy)).toBeUndefined();
  });
});

test.each([
  ["hay and hay", "hay", 0, true],
  ["hay and hay", "hay", 1, true],
  ["hay and hay", "hay", 10, false],
  ["hay and hay", "hay", -3, true],
  ["hay and hay", "", 4, true],
  ["hay and hay", "", 40, true],
  ["hay and hay", "a long needle that is not there", 0, true],
  [`${"x".repeat(400)}a needle of some length`, "a needle of some length", 0, true],
  ["hay", "hay", -9, false],
] as const)("%j has %j from %i, forward: %s", (hay, needle, offset, forward) => {
  const [bytes, sought] = [Buffer.from(hay), Buffer.from(needle)];
  const theirs = forward ? bytes.indexOf(sought, offset) : bytes.lastIndexOf(sought, offset);
  expect(indexOfBytes(bytes, sought, offset, false, forward)).toBe(theirs);
});
