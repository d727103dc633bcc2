import { expect, test } from "vitest";
import { copyIn, copyOut } from "../../../runtimes/engines/shared-memory/copy.ts";

const ROOM = 64;
const COUNTS = [0, 1, 7, 511, 512, 513, 16_383, 16_384, 16_385, 40_001];
const SKEWS = [0, 1, 3, 4, 7];

function pattern(count: number): Uint8Array {
  return Uint8Array.from({ length: count }, (_, i) => 1 + ((i * 31 + (i >> 8)) % 255));
}

function* cases() {
  for (const count of COUNTS) {
    for (const near of SKEWS) for (const far of SKEWS) yield { count, near, far };
  }
}

test("a copy out of the channel moves its bytes and no others, however both ends lie", () => {
  for (const { count, near, far } of cases()) {
    const channel = new Uint8Array(new SharedArrayBuffer(count + 2 * ROOM));
    const own = new Uint8Array(count + 2 * ROOM);
    const data = pattern(count);
    channel.fill(0xff).set(data, ROOM + far);
    copyOut(channel, ROOM + far, own.subarray(ROOM + near), count);
    const expected = new Uint8Array(own.length);
    expected.set(data, ROOM + near);
    expect(own).toEqual(expected);
  }
});

test("a copy into the channel moves its bytes and no others, however both ends lie", () => {
  for (const { count, near, far } of cases()) {
    const channel = new Uint8Array(new SharedArrayBuffer(count + 2 * ROOM));
    const own = new Uint8Array(count + 2 * ROOM).fill(0xff);
    const data = pattern(count);
    own.set(data, ROOM + near);
    copyIn(channel, ROOM + far, own.subarray(ROOM + near, ROOM + near + count));
    const expected = new Uint8Array(own.length);
    expected.set(data, ROOM + far);
    expect(new Uint8Array(channel)).toEqual(expected);
  }
});
