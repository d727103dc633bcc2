import { createHash } from "node:crypto";
import { readdirSync } from "node:fs";
import * as zlib from "node:zlib";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Kernel } from "../../../kernel/index.ts";
import { nodeCodecs } from "../../../src/platforms/node/codecs.ts";
import { bootKernel, codeOf, nodeHost, now } from "../boot.ts";

let kernel: Kernel;
beforeEach(() => {
  kernel = bootKernel({}, { host: { ...nodeHost, codecs: nodeCodecs } });
});
afterEach(() => kernel.shutdown());

const NOTHING = new Uint8Array();
const FINISH = 4;

/** What a step made, and the two numbers before it. */
async function step(fd: number, operation: number, data: Uint8Array, room: number) {
  const buffer = Buffer.alloc(room + 8);
  const filled = await kernel.init.codec_step(fd, operation, buffer, data);
  return {
    error: buffer.readInt32LE(0),
    consumed: buffer.readUInt32LE(4),
    made: buffer.subarray(8, filled),
  };
}

test("a digest takes its input in pieces, and can be copied on the way", async () => {
  const { init } = kernel;
  const fd = now(init.codec_open("sha256", [], NOTHING));
  await step(fd, 0, Buffer.from("abc"), 0);
  const copy = now(init.codec_copy(fd));
  await step(fd, 0, Buffer.from("def"), 0);
  const of = (text: string) => createHash("sha256").update(text).digest("hex");
  expect((await step(fd, 1, NOTHING, 32)).made.toString("hex")).toBe(of("abcdef"));
  expect((await step(copy, 1, NOTHING, 32)).made.toString("hex")).toBe(of("abc"));
});

test("a compressor tells what it consumed and made, short or long", async () => {
  for (const size of [100, 500_000]) {
    const text = Buffer.from("compress me ".repeat(size)).subarray(0, 1_000_000);
    const fd = now(kernel.init.codec_open("gzip", [15, 9, 8, 0], NOTHING));
    const { error, consumed, made } = await step(fd, FINISH, text, 100_000);
    expect([error, consumed]).toEqual([0, text.length]);
    expect(zlib.gunzipSync(made).equals(text)).toBe(true);
    now(kernel.init.close(fd));
  }
});

test("what goes wrong has a number and a name", async () => {
  const fd = now(kernel.init.codec_open("inflate", [15, 6, 8, 0], NOTHING));
  const { error, made } = await step(fd, FINISH, Buffer.from("garbage"), 100);
  expect([error, made.toString()]).toEqual([-3, "incorrect header check\0Z_DATA_ERROR"]);
});

test("input is copied before it is used", async () => {
  const fd = now(kernel.init.codec_open("deflate", [15, 9, 8, 0], NOTHING));
  const shared = Buffer.from(new SharedArrayBuffer(100_000)).fill("a");
  const work = step(fd, FINISH, shared, 10_000);
  shared.fill("b");
  expect(zlib.inflateSync((await work).made).equals(Buffer.alloc(100_000, "a"))).toBe(true);
});

test("unknown codecs, bad parameters and too many are errors", async () => {
  const { init } = kernel;
  expect(await codeOf(() => init.codec_open("rot13", [], NOTHING))).toBe("EOPNOTSUPP");
  expect(await codeOf(() => init.codec_open("deflate", [99], NOTHING))).toBe("EINVAL");
  expect(await codeOf(() => init.codec_step(0, 0, Buffer.alloc(8), NOTHING))).toBe("EBADF");
  // A window of a gigabyte is more than a machine may have of the host's memory.
  expect(await codeOf(() => init.codec_open("zstd", [-1, 101, 30], NOTHING))).toBe("ENOMEM");
  const open = () => now(init.codec_open("zstd", [-1, 100, 19], NOTHING));
  const found: number[] = [];
  while ((await codeOf(() => found.push(open()))) === "OK");
  expect(await codeOf(open)).toBe("ENOMEM");
  now(init.close(found[0] as number));
  expect(open()).toBe(found[0]);
});

const FAMILIES: readonly (readonly [name: string, parameters: number[], flushes: number])[] = [
  ["gzip", [15, 6, 8, 0], 5],
  ["deflate", [15, 9, 8, 0], 5],
  ["inflate", [15, 6, 8, 0], 5],
  ["brotli", [], 3],
  ["brotli-decode", [], 3],
  ["zstd", [-1], 2],
  ["zstd-decode", [-1], 2],
];

// Node ends the process for a flush value that it does not know.
test("a step is one that the host has", async () => {
  const { init } = kernel;
  const letters = Buffer.from("letters");
  for (const [name, parameters, flushes] of FAMILIES) {
    for (const bad of [flushes + 1, 15, 18, 99, 2 ** 32 - 1]) {
      const fd = now(init.codec_open(name, parameters, NOTHING));
      expect(await codeOf(() => step(fd, bad, letters, 100)), `${name} ${bad}`).toBe("EINVAL");
      now(init.close(fd));
    }
    const fd = now(init.codec_open(name, parameters, NOTHING));
    expect(await codeOf(() => step(fd, flushes, letters, 100)), name).toBe("OK");
    expect(await codeOf(() => step(fd, 17, letters, 0)), name).toBe("EINVAL");
    now(init.close(fd));
  }
  for (const name of ["constructor", "__proto__", "toString"]) {
    expect(await codeOf(() => init.codec_open(name, [], NOTHING))).toBe("EOPNOTSUPP");
  }
});

test("a digest that was made takes nothing more", async () => {
  const fd = now(kernel.init.codec_open("sha256", [], NOTHING));
  expect((await step(fd, 1, NOTHING, 32)).made.length).toBe(32);
  expect(await codeOf(() => step(fd, 1, NOTHING, 32))).toBe("EINVAL");
  expect(await codeOf(() => kernel.init.codec_copy(fd))).toBe("EINVAL");
});

test("new parameters write to no memory of an earlier step", async () => {
  const codec = nodeCodecs.open("deflate", [15, 6, 8, 0], NOTHING);
  const noise = Buffer.from(createHash("shake256", { outputLength: 20_000 }).digest());
  const { made } = await codec.step(0, noise, 100_000);
  const earlier = new Uint8Array(made.buffer).fill(0);
  await codec.step(17, new Uint8Array(new Int32Array([1, 0]).buffer), 0);
  expect(earlier.some((byte) => byte !== 0)).toBe(false);
  codec.close();
});

test("every table that parameters enlarge is counted", async () => {
  const { init } = kernel;
  const largest = [
    ["zstd", [-1, 102, 28]],
    ["zstd", [-1, 103, 28]],
    ["zstd", [-1, 160, 1, 161, 28]],
    ["brotli", [2, 10, 3, 24, 1, 11]],
    ["brotli", [2, -1]],
    ["brotli-decode", [1, -1]],
  ] as const;
  for (const [name, parameters] of largest) {
    const open = () => init.codec_open(name, parameters, NOTHING);
    expect(await codeOf(open), `${name} ${parameters}`).toBe("ENOMEM");
  }
  // The smallest are as many as fit, whatever they say of their windows.
  for (const [name, parameters] of [
    ["deflate", [9, 1, 1, 0]],
    ["zstd-decode", [-1, 100, 10]],
  ] as const) {
    const { little } = nodeCodecs.memory(name, parameters) ?? { little: 0 };
    expect(little, name).toBeGreaterThan(65_536);
  }
  expect(await codeOf(() => init.codec_open("zstd", [-1, 102, 20, 103, 20], NOTHING))).toBe("OK");
  expect(await codeOf(() => init.codec_open("brotli", [2, 22, 3, 18], NOTHING))).toBe("OK");
});

test("zstd has no threads of its own, and searches no longer than at its highest level", async () => {
  const threads = () => readdirSync("/proc/self/task").length;
  const parameters = [-1, 400, 64, 401, 1 << 20, 104, 27, 106, 131_072, 107, 9];
  const fd = now(kernel.init.codec_open("zstd", parameters, NOTHING));
  const text = Buffer.from("compress me ".repeat(50_000));
  // The host's pool has its threads by then.
  await step(now(kernel.init.codec_open("zstd", [-1], NOTHING)), 2, text, 500_000);
  const before = threads();
  const { error, made } = await step(fd, 2, text, 500_000);
  expect(error).toBe(0);
  expect(zlib.zstdDecompressSync(made).equals(text)).toBe(true);
  expect(threads() - before).toBeLessThan(16);
});

test("more steps than the host has threads come to their end", async () => {
  const text = Buffer.from("compress me ".repeat(10_000));
  const work = Array.from({ length: 20 }, async () => {
    const fd = now(kernel.init.codec_open("gzip", [15, 9, 8, 0], NOTHING));
    const { made } = await step(fd, FINISH, text, 100_000);
    return zlib.gunzipSync(made).equals(text);
  });
  expect((await Promise.all(work)).every(Boolean)).toBe(true);
});

test("a host without codecs says so", async () => {
  const plain = bootKernel();
  expect(await codeOf(() => plain.init.codec_open("sha256", [], NOTHING))).toBe("ENOSYS");
  plain.shutdown();
});
