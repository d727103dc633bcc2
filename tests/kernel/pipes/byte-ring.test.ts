import { expect, test } from "vitest";
import { ByteRing } from "../../../kernel/pipes/byte-ring.ts";
import { seeded } from "../random.ts";

test("random puts and takes keep order and count, through every wrap and growth", () => {
  const random = seeded(5);
  for (let round = 0; round < 30; round++) {
    const capacity = random.pick([1, 7, 300, 4500]);
    const ring = new ByteRing(capacity);
    const expected: number[] = [];
    let next = 0;
    for (let step = 0; step < 300; step++) {
      if (random.below(2) === 0) {
        const source = Uint8Array.from({ length: random.below(capacity * 2) }, () => next++ & 255);
        const from = random.below(source.length + 1);
        const took = ring.put(source, from);
        expect(took).toBe(Math.min(source.length - from, capacity - expected.length));
        for (let i = from; i < from + took; i++) expected.push(source[i] as number);
      } else if (random.below(20) === 0) {
        const byte = random.below(256);
        if (ring.putByte(byte)) expected.push(byte);
        else expect(expected.length).toBe(capacity);
      } else {
        const target = new Uint8Array(random.below(capacity * 2));
        const limit = random.below(2) === 0 ? target.length : random.below(capacity + 1);
        const count = ring.take(target, limit);
        expect(count).toBe(Math.min(target.length, limit, expected.length));
        expect([...target.subarray(0, count)]).toEqual(expected.splice(0, count));
      }
      expect(ring.length).toBe(expected.length);
      expect(ring.room).toBe(capacity - expected.length);
    }
  }
});

test("resizing keeps the content, and refuses to lose any", () => {
  const ring = new ByteRing(8);
  ring.put(Uint8Array.of(1, 2, 3, 4, 5, 6));
  ring.take(new Uint8Array(4));
  ring.put(Uint8Array.of(7, 8, 9));
  expect(ring.resize(4)).toBe(false);
  expect(ring.resize(5)).toBe(true);
  expect(ring.put(Uint8Array.of(10))).toBe(0);
  expect(ring.resize(16)).toBe(true);
  expect(ring.put(Uint8Array.of(10))).toBe(1);
  const target = new Uint8Array(9);
  expect([...target.subarray(0, ring.take(target))]).toEqual([5, 6, 7, 8, 9, 10]);
});
