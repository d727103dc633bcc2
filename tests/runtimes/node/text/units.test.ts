import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";

/** The fast module is tried with WebAssembly, the loops without: each in a fresh copy of the file. */
type Units = typeof import("../../../../runtimes/node/text/units.ts");

const PIECES = ["a", "é", "€", "😀", "\ud83d", "\ude00", "plain text ", "日本", "\u0000"];
const BYTES = [0xe0, 0xed, 0xf0, 0xf4, 0x80, 0x9f, 0xa0, 0xbf, 0xc2, 0xef, 0x41, 0xf1, 0x8f, 0x90];

describe.each(["with WebAssembly", "without"])("%s", (kind) => {
  let units: Units;
  beforeAll(async () => {
    vi.resetModules();
    if (kind === "without") vi.stubGlobal("WebAssembly", undefined);
    units = await import("../../../../runtimes/node/text/units.ts");
  });
  afterAll(() => vi.unstubAllGlobals());

  test.each([1, 63, 65, 1000, 20_000, 70_000])("text of %i pieces, as the host's Node", (count) => {
    const text = Array.from({ length: count }, (_, i) => PIECES[(i * 7 + (i >> 4)) % 9]).join("");
    const bytes = Buffer.from(text);
    expect(units.utf8Length(text)).toBe(bytes.length);
    const target = new Uint8Array(bytes.length + 3);
    expect(units.encodeUtf8(text, target, 3, target.length)).toBe(bytes.length);
    expect(Buffer.from(target.subarray(3)).equals(bytes)).toBe(true);
    expect(units.decodeUtf8(bytes) === text.toWellFormed()).toBe(true);
    expect(units.decodeLatin1(bytes) === bytes.toString("latin1")).toBe(true);
    expect(units.decodeAscii(bytes) === bytes.toString("ascii")).toBe(true);
    expect(units.decodeUtf16(bytes) === bytes.toString("utf16le")).toBe(true);
    const wide = Buffer.alloc(text.length * 2);
    expect(units.encodeUtf16(text, wide, 0, wide.length)).toBe(wide.length);
    expect(wide.equals(Buffer.from(text, "utf16le"))).toBe(true);
    const narrow = Buffer.alloc(text.length);
    expect(units.encodeLatin1(text, narrow, 0, narrow.length)).toBe(narrow.length);
    expect(narrow.equals(Buffer.from(text, "latin1"))).toBe(true);
  });

  test.each([5, 100, 40_000])("%i bytes that are not valid, as the host's Node", (count) => {
    const bytes = Buffer.from(
      Array.from({ length: count }, (_, i) => BYTES[(i * i + (i >> 3)) % 14] as number),
    );
    expect(units.decodeUtf8(bytes) === bytes.toString()).toBe(true);
    expect(units.decodeUtf8(bytes, 2, count - 1) === bytes.toString("utf8", 2, count - 1)).toBe(
      true,
    );
    expect(units.isUtf8(bytes)).toBe(false);
    expect(units.isUtf8(Buffer.from(bytes.toString()))).toBe(true);
  });

  test.each([0, 1, 2, 3, 4, 100])(
    "a character is written whole or not at all: room for %i",
    (room) => {
      const text = "€😀é".repeat(40);
      const [ours, theirs] = [Buffer.alloc(room), Buffer.alloc(room)];
      const progress = { read: 0, written: 0 };
      const written = units.encodeUtf8(text, ours, 0, room, progress);
      expect(written).toBe(theirs.write(text));
      expect(ours.equals(theirs)).toBe(true);
      expect(progress).toEqual(new TextEncoder().encodeInto(text, new Uint8Array(room)));
    },
  );
});

test("a Buffer's own methods are not taken for a Uint8Array's", async () => {
  const { decodeAscii } = await import("../../../../runtimes/node/text/units.ts");
  const bytes = Buffer.from([0xc1, 0xc2]);
  expect(decodeAscii(bytes)).toBe("AB");
  expect([...bytes]).toEqual([0xc1, 0xc2]);
});
