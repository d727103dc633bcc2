/** What the host reads of a machine's answers (vm.evaluate): any bytes are a value or an error, in little memory and time. */
import { expect, test } from "vitest";
import { decodeValue, encodeValue } from "../../src/evaluation/values.ts";
import { createVm } from "../../src/index.ts";
import { seeded } from "../kernel/random.ts";

const VALUES = [
  {
    a: [1, 2.5, -7, "text", "\u{1f600}", null, undefined, true, 10n ** 30n],
    b: { c: new Date(0) },
  },
  [new Map([["k", new Set([1])]]), /a+b/g, new Uint8Array([1, 2, 3]), new Error("x", { cause: 1 })],
  [Object(1), Object("s"), new Float64Array(3), new DataView(new ArrayBuffer(9), 1, 3), Array(3)],
];

test("values come back as they went", () => {
  for (const value of VALUES) expect(decodeValue(encodeValue(value))).toEqual(value);
});

test("bytes that were changed at random are a value or an error", () => {
  const random = seeded(17);
  const bytes = VALUES.map(encodeValue);
  let values = 0;
  let errors = 0;
  const begun = process.memoryUsage.rss();
  for (let i = 0; i < 30_000; i++) {
    const changed = Uint8Array.from(random.pick(bytes));
    for (let j = random.below(5); j >= 0; j--) {
      changed[2 + random.below(changed.length - 2)] = random.pick([
        0,
        1,
        127,
        128,
        255,
        random.below(256),
      ]);
    }
    try {
      decodeValue(changed.subarray(0, 2 + random.below(changed.length)));
      values++;
    } catch (error) {
      expect(error).toBeInstanceOf(Error);
      errors++;
    }
  }
  expect(values).toBeGreaterThan(20);
  expect(errors).toBeGreaterThan(1000);
  expect(process.memoryUsage.rss() - begun).toBeLessThan(500 << 20);
  expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
});

const HEADER = [0xff, 15];
const MANY = [0xff, 0xff, 0xff, 0xff, 0x0f];
const LYING: Record<string, readonly number[]> = {
  "a dense array of four thousand million": [0x41, ...MANY],
  "a buffer of four gigabytes": [0x42, ...MANY],
  "a text of four gigabytes": [0x22, ...MANY],
  "a number of four gigabytes": [0x5a, ...MANY],
  "nothing but beginnings": Array.from({ length: 200_000 }, () => 0x6f),
  // Each reserves four gigabytes of addresses.
  "growable buffers without end": [
    ...[0x41, 0x80, 0x80, 0x02],
    ...Array.from({ length: 32_768 }, () => [0x7e, 0, ...MANY]).flat(),
    ...[0x24, 0, 0x80, 0x80, 0x02],
  ],
};

test.each(Object.entries(LYING))("%s: refused", (_, bytes) => {
  expect(() => decodeValue(Uint8Array.from([...HEADER, ...bytes]))).toThrow();
});

test("one growable buffer is taken", () => {
  const value = decodeValue(Uint8Array.from([...HEADER, 0x7e, 1, 0x80, 0x20, 7])) as ArrayBuffer;
  expect([value.byteLength, value.maxByteLength]).toEqual([1, 4096]);
});

test("a program that answers by itself is heard as one that answered", async () => {
  await using vm = await createVm();
  const forged = `const fs = require("fs"); const bytes = Buffer.from([255, 15, 65, 255, 255, 255, 255, 15]);
    const length = Buffer.alloc(4); length.writeUInt32LE(bytes.length); fs.writeSync(4, length); fs.writeSync(4, bytes); 1`;
  await expect(vm.evaluate(forged)).rejects.toMatchObject({ code: "ERR_EVALUATION_ENDED" });
  expect((await vm.evaluate("6 * 7")).value).toBe(42);
});
