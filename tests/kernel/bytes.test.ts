/** UTF-8 with surrogate escape: every byte string survives, and real text is the platform's own. */
import { expect, test } from "vitest";
import { decodeUtf8, encodeUtf8, encodeUtf8Into, utf8Length } from "../../kernel/bytes.ts";
import { seeded } from "./random.ts";

const platform = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Byte strings that are partly text and partly not. */
function mixture(random: ReturnType<typeof seeded>): Uint8Array {
  const parts: number[] = [];
  const length = random.below(60);
  while (parts.length < length) {
    const kind = random.below(5);
    if (kind === 0) parts.push(random.below(256));
    else if (kind === 1) parts.push(...random.bytes(random.below(6)));
    else parts.push(...new TextEncoder().encode(String.fromCodePoint(codePoint(random))));
  }
  return Uint8Array.from(parts);
}

function codePoint(random: ReturnType<typeof seeded>): number {
  const code = random.pick([0x7f, 0x7ff, 0xffff, 0x10ffff]);
  const picked = random.below(code + 1);
  return picked >= 0xd800 && picked <= 0xdfff ? 0xfffd : picked;
}

test("any bytes survive decoding and encoding", () => {
  const random = seeded(1);
  for (let i = 0; i < 5000; i++) {
    const bytes = mixture(random);
    const text = decodeUtf8(bytes);
    expect(encodeUtf8(text)).toEqual(bytes);
    expect(utf8Length(text)).toBe(bytes.length);
  }
});

test("valid UTF-8 decodes as the platform decodes it, and only valid UTF-8 has no escapes", () => {
  const random = seeded(2);
  let valid = 0;
  for (let i = 0; i < 5000; i++) {
    const bytes = mixture(random);
    let expected: string | undefined;
    try {
      expected = platform.decode(bytes);
    } catch {
      expected = undefined;
    }
    const text = decodeUtf8(bytes);
    expect(/[\ud800-\udfff]/.test(text.replace(/[\ud800-\udbff][\udc00-\udfff]/g, ""))).toBe(
      expected === undefined,
    );
    if (expected === undefined) continue;
    valid++;
    expect(text).toBe(expected);
  }
  expect(valid).toBeGreaterThan(500);
});

test("every pair of bytes around a sequence's edges survives", () => {
  const edges = [
    0x00, 0x7f, 0x80, 0xbf, 0xc0, 0xc2, 0xdf, 0xe0, 0xed, 0xef, 0xf0, 0xf4, 0xf5, 0xff,
  ];
  for (const a of edges) {
    for (const b of edges) {
      for (const c of edges) {
        for (const d of edges) {
          const bytes = Uint8Array.of(a, b, c, d);
          expect(encodeUtf8(decodeUtf8(bytes))).toEqual(bytes);
        }
      }
    }
  }
});

test("lone surrogates that escape nothing become U+FFFD", () => {
  for (const text of ["\ud800", "a\udbffb", "\udc00", "\udc7f", "\udd00", "\ud800\ud800"]) {
    const bytes = encodeUtf8(text);
    expect(platform.decode(bytes)).toBe(text.replace(/[\ud800-\udfff]/g, "\ufffd"));
    expect(utf8Length(text)).toBe(bytes.length);
  }
});

test("a large text crosses the chunks whole", () => {
  const text = "aé€😀\udc80".repeat(20_000);
  const bytes = encodeUtf8(text);
  expect(decodeUtf8(bytes)).toBe(text);
  expect(bytes.length).toBe(utf8Length(text));
});

test("a slice decodes alone, and encoding into a place touches nothing else", () => {
  const bytes = encodeUtf8("xé€y");
  expect(decodeUtf8(bytes, 1, 3)).toBe("é");
  expect(decodeUtf8(bytes, 1, 2)).toBe("\udcc3");
  const target = new Uint8Array(8).fill(0xaa);
  expect(encodeUtf8Into("é", target, 3)).toBe(2);
  expect([...target]).toEqual([0xaa, 0xaa, 0xaa, 0xc3, 0xa9, 0xaa, 0xaa, 0xaa]);
});
