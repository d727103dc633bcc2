/** A tab's brotli and zstd against Node's: what they make, what they consume, and how they fail. */
import { readFile } from "node:fs/promises";
import * as zlib from "node:zlib";
import { beforeAll, expect, test } from "vitest";
import { brotliFile, readZstd } from "../../../../scripts/build-browser.ts";
import {
  BrotliDecoder,
  BrotliEncoder,
  type BrotliModule,
} from "../../../../src/platforms/browser/codecs/brotli.ts";
import type { Engine } from "../../../../src/platforms/browser/codecs/engine.ts";
import { tabCodecs } from "../../../../src/platforms/browser/codecs/index.ts";
import { ZstdDecoder } from "../../../../src/platforms/browser/codecs/zstd.ts";

const NOTHING = new Uint8Array();
const ROOM = 4096;

let brotli: BrotliModule;
let zstd: WebAssembly.Module;

beforeAll(async () => {
  brotli = await import(/* @vite-ignore */ brotliFile("brotli_wasm.js").href);
  await brotli.default(await readFile(brotliFile("brotli_wasm_bg.wasm")));
  zstd = await WebAssembly.compile(await readZstd());
});

/** Some 200 kB that compress somewhat, the same each time. */
const TEXT = Buffer.from(
  Array.from({ length: 20_000 }, (_, i) => `line ${(i * 2_654_435_761) % 65_537}\n`).join(""),
);

interface Driven {
  readonly made: Buffer;
  readonly consumed: number;
  readonly error: string | undefined;
}

/** As a guest does: pieces of input in order, and each until there is room left over. */
function drive(engine: Engine, input: Uint8Array, piece: number, finish: number): Driven {
  const made: Uint8Array[] = [];
  let consumed = 0;
  for (;;) {
    const data = input.slice(consumed, consumed + piece);
    const isLast = consumed + data.length === input.length;
    const answer = engine.write(isLast ? finish : 0, data, ROOM);
    if (answer.error !== 0) {
      const [message, code] = Buffer.from(answer.made).toString().split("\0");
      return { made: Buffer.concat(made), consumed, error: `${code} ${answer.error} ${message}` };
    }
    consumed += answer.consumed;
    made.push(answer.made);
    const isFull = answer.made.length === ROOM;
    if (!isFull && (isLast || answer.consumed < data.length)) break;
  }
  engine.close();
  return { made: Buffer.concat(made), consumed, error: undefined };
}

const FAMILIES = [
  {
    name: "brotli",
    decoder: () => new BrotliDecoder(brotli),
    finish: zlib.constants.BROTLI_OPERATION_FINISH,
    compress: (data: Uint8Array) => zlib.brotliCompressSync(data, QUICK),
    decompress: (data: Uint8Array) => zlib.brotliDecompressSync(data),
  },
  {
    name: "zstd",
    decoder: () => new ZstdDecoder(zstd),
    finish: zlib.constants.ZSTD_e_end,
    compress: (data: Uint8Array) => zlib.zstdCompressSync(data, CHECKED),
    decompress: (data: Uint8Array) => zlib.zstdDecompressSync(data),
  },
];
const QUICK = { params: { [zlib.constants.BROTLI_PARAM_QUALITY]: 5 } };
const CHECKED = { params: { [zlib.constants.ZSTD_c_checksumFlag]: 1 } };

test("what Node compressed comes out, in pieces of any size", () => {
  for (const { name, decoder, finish, compress } of FAMILIES) {
    for (const data of [NOTHING, Buffer.from("a"), Buffer.alloc(5_000_000), TEXT]) {
      const compressed = compress(data);
      for (const piece of [1000, 1 << 20]) {
        const { made, consumed, error } = drive(decoder(), compressed, piece, finish);
        expect(error, name).toBe(undefined);
        expect(consumed, name).toBe(compressed.length);
        expect(made.equals(data), `${name} ${data.length} by ${piece}`).toBe(true);
      }
    }
  }
});

test("what comes after the end is left", () => {
  for (const { name, decoder, finish, compress } of FAMILIES) {
    const compressed = compress(TEXT);
    const twice = Buffer.concat([compressed, compressed]);
    const { made, consumed } = drive(decoder(), twice, 1 << 20, finish);
    expect([made.length, consumed], name).toEqual([TEXT.length, compressed.length]);
  }
});

test("what is cut, broken or something else fails as in Node", () => {
  for (const { name, decoder, finish, compress, decompress } of FAMILIES) {
    const compressed = compress(TEXT);
    const flipped = (at: number) => {
      const copy = Buffer.from(compressed);
      copy[at] = (copy[at] as number) ^ 0xff;
      return copy;
    };
    const inputs = {
      broken: flipped(Math.floor(compressed.length / 2)),
      // Nothing but zstd's checksum would tell.
      ...(name === "zstd" && { "broken at its end": flipped(compressed.length - 1) }),
      cut: compressed.subarray(0, compressed.length / 2),
      "cut early": compressed.subarray(0, 3),
      "something else": Buffer.from("something else"),
    };
    for (const [what, input] of Object.entries(inputs)) {
      const { made, error } = drive(decoder(), input, 1 << 20, finish);
      let node: unknown;
      try {
        node = decompress(input).length;
      } catch (reason) {
        const { code, errno, message } = reason as NodeJS.ErrnoException;
        // brotli-wasm has one name for both kinds of padding.
        node = `${code} ${errno} ${message}`.replace("PADDING_1 -14", "PADDING_2 -15");
      }
      expect(error ?? made.length, `${name}: ${what}`).toBe(node);
    }
  }
});

test("a bomb fills no more than there is room for", () => {
  for (const { name, decoder, compress } of FAMILIES) {
    const engine = decoder();
    const { made, consumed } = engine.write(0, compress(Buffer.alloc(20_000_000)), ROOM);
    expect(made.length, name).toBe(ROOM);
    expect(consumed, name).toBeGreaterThan(0);
    engine.close();
  }
});

test("brotli compresses by each quality what Node's reads", () => {
  for (const quality of [0, 1, 5, 9, 11]) {
    const data = quality > 9 ? TEXT.subarray(0, 20_000) : TEXT;
    const { made, error } = drive(new BrotliEncoder(brotli, quality), data, 100_000, 2);
    expect(error).toBe(undefined);
    expect(zlib.brotliDecompressSync(made).equals(data), `${quality}`).toBe(true);
    expect(made.length).toBeLessThan(data.length / 2);
  }
  const { made } = drive(new BrotliEncoder(brotli), NOTHING, 1, 2);
  expect(zlib.brotliDecompressSync(made).length).toBe(0);
});

test("steps in no order that a program would take harm no other stream", () => {
  const encoder = new BrotliEncoder(brotli, 1);
  // It is to end, and has not all said.
  expect(encoder.write(2, TEXT.subarray(0, 1000), 10).made.length).toBe(10);
  for (const flush of [0, 2, 0, 2]) encoder.write(flush, TEXT, ROOM);
  const decoder = new BrotliDecoder(brotli);
  for (let i = 0; i < 3; i++) {
    const { error } = decoder.write(0, Buffer.from("something else"), ROOM);
    expect(error).toBeLessThan(0);
  }
  const after = new ZstdDecoder(zstd);
  for (let i = 0; i < 3; i++) {
    expect(after.write(0, Buffer.from("something else"), ROOM).error).toBe(10);
  }
  const { made } = drive(new BrotliDecoder(brotli), zlib.brotliCompressSync(TEXT, QUICK), 1000, 2);
  expect(made.equals(TEXT)).toBe(true);
});

test("what cannot be had says so", async () => {
  const { error } = drive(new BrotliEncoder(brotli), TEXT, TEXT.length, 1);
  expect(error).toMatch(/^ERR_FEATURE_UNAVAILABLE_ON_PLATFORM .*flushed/);
  const codecs = tabCodecs("http://localhost/");
  expect(codecs.memory("zstd", [-1])).toBe(undefined);
  expect(codecs.memory("constructor", [])).toBe(undefined);
  for (const [name, parameters, dictionary, what] of [
    ["brotli-decode", [1, 1], NOTHING, "large windows"],
    ["zstd-decode", [-1], Uint8Array.of(1), "dictionaries"],
    ["zstd-decode", [-1, 100, 20], NOTHING, "ZSTD_d_windowLogMax"],
  ] as const) {
    const { made } = await codecs.open(name, parameters, dictionary).step(0, NOTHING, 0);
    expect(Buffer.from(made).toString()).toContain(what);
  }
});
