import { createHash } from "node:crypto";
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

test("a host without codecs says so", async () => {
  const plain = bootKernel();
  expect(await codeOf(() => plain.init.codec_open("sha256", [], NOTHING))).toBe("ENOSYS");
  plain.shutdown();
});
