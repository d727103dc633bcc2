import * as zlib from "node:zlib";
import { expect, test } from "vitest";
import { crc32 } from "../../../../runtimes/node/zlib/crc32.ts";
import { Mode } from "../../../../runtimes/node/zlib/engine.ts";
import { PakoEngine } from "../../../../runtimes/node/zlib/pako-engine.ts";

const FINISH = 4;
const INPUT = Buffer.from("a text that repeats itself, a text that repeats itself. ".repeat(300));
const NOTHING = new Uint8Array();

function engine(mode: number, dictionary: Uint8Array = NOTHING): PakoEngine {
  const isInflate = mode === Mode.Inflate || mode === Mode.Gunzip || mode === Mode.Unzip;
  const windowBits = isInflate ? 0 : 15;
  return new PakoEngine({ mode, windowBits, level: 6, memLevel: 8, strategy: 0, dictionary });
}

/** All of `input`, with so much room at a time. */
function run(of: PakoEngine, input: Uint8Array, room = 100): Buffer {
  const pieces: Buffer[] = [];
  for (let at = 0; ; ) {
    const output = Buffer.alloc(room);
    const { consumed, made, failure } = of.write(FINISH, input.subarray(at), output);
    if (failure) throw Object.assign(new Error(failure.message), failure);
    pieces.push(output.subarray(0, made));
    at += consumed;
    if (made < room) return Buffer.concat(pieces);
  }
}

test.each([
  [Mode.Deflate, zlib.inflateSync, Mode.Inflate, zlib.deflateSync],
  [Mode.Gzip, zlib.gunzipSync, Mode.Gunzip, zlib.gzipSync],
  [Mode.DeflateRaw, zlib.inflateRawSync, Mode.InflateRaw, zlib.deflateRawSync],
  [Mode.Gzip, zlib.unzipSync, Mode.Unzip, zlib.deflateSync],
])("mode %i and the host's Node read each other", (deflate, hostInflate, inflate, hostDeflate) => {
  expect(hostInflate(run(engine(deflate), INPUT)).equals(INPUT)).toBe(true);
  expect(run(engine(inflate), hostDeflate(INPUT)).equals(INPUT)).toBe(true);
});

test("gzip has several members, and zeros after them", () => {
  const twice = Buffer.concat([zlib.gzipSync("a"), zlib.gzipSync("b"), Buffer.alloc(5)]);
  expect(run(engine(Mode.Gunzip), twice).toString()).toBe("ab");
});

test("dictionaries are used where the stream asks for them", () => {
  const dictionary = Buffer.from("a text that repeats itself");
  const deflated = run(engine(Mode.Deflate, dictionary), INPUT);
  expect(zlib.inflateSync(deflated, { dictionary }).equals(INPUT)).toBe(true);
  expect(run(engine(Mode.Inflate, dictionary), deflated).equals(INPUT)).toBe(true);
  expect(() => run(engine(Mode.Inflate), deflated)).toThrow("Missing dictionary");
  expect(() => run(engine(Mode.Inflate, Buffer.from("another")), deflated)).toThrow(
    "Bad dictionary",
  );
});

test.each([
  ["garbage", "incorrect header check", "Z_DATA_ERROR", -3],
  [zlib.gzipSync("abc").subarray(0, 15), "unexpected end of file", "Z_BUF_ERROR", -5],
] as const)("%s is %s", (input, message, code, errno) => {
  const bytes = typeof input === "string" ? Buffer.from(input) : input;
  const { failure } = engine(Mode.Gunzip).write(FINISH, bytes, Buffer.alloc(100));
  expect(failure).toEqual({ message, code, errno });
});

test("a level may change on the way", () => {
  const deflate = engine(Mode.Deflate);
  const output = Buffer.alloc(20_000);
  const first = deflate.write(2, INPUT, output);
  expect(deflate.params(0, 0)).toBeUndefined();
  const last = deflate.write(FINISH, INPUT, output.subarray(first.made));
  const whole = output.subarray(0, first.made + last.made);
  expect(last.made).toBeGreaterThan(INPUT.length);
  expect(zlib.inflateSync(whole).equals(Buffer.concat([INPUT, INPUT]))).toBe(true);
});

test("checksums go on from an earlier one", () => {
  expect(crc32(INPUT)).toBe(zlib.crc32(INPUT));
  expect(crc32(INPUT.subarray(7), crc32(INPUT.subarray(0, 7)))).toBe(zlib.crc32(INPUT));
});
