/** DNS messages: what is asked, and answers from servers that mean no good. */
import { expect, test } from "vitest";
import { decodeAnswer, encodeQuery, Type } from "../../../../runtimes/node/net/dns/message.ts";
import { seeded } from "../../../kernel/random.ts";

/** A response to `a.b` with one address record, whose name is a pointer to the question. */
const ANSWER = Uint8Array.of(
  ...[0x12, 0x34, 0x81, 0x80, 0, 1, 0, 1, 0, 0, 0, 0],
  ...[1, 97, 1, 98, 0, 0, 1, 0, 1],
  ...[0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 1, 2, 3, 4],
);

test("a question is asked as RFC 1035 has it", () => {
  expect(encodeQuery(0x1234, "a.b", Type.A)).toEqual(
    Uint8Array.of(0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, 97, 1, 98, 0, 0, 1, 0, 1),
  );
  expect(encodeQuery(1, `${"x".repeat(64)}.b`, Type.A)).toBeUndefined();
  expect(encodeQuery(1, "a..b", Type.A)).toBeUndefined();
});

test("an answer is read, through its pointers", () => {
  expect(decodeAnswer(ANSWER)).toEqual({
    id: 0x1234,
    isResponse: true,
    code: 0,
    records: [{ name: "a.b", type: Type.A, ttl: 60, value: "1.2.3.4" }],
  });
});

test("a pointer to itself ends", () => {
  const looping = ANSWER.slice();
  looping[22] = 21;
  expect(decodeAnswer(looping)).toBeUndefined();
});

test("no bytes are a fault: an answer, or none", () => {
  const random = seeded(3);
  for (let i = 0; i < 20_000; i++) {
    const bytes = ANSWER.slice(0, random.below(ANSWER.length + 1));
    for (let k = random.below(4); k > 0 && bytes.length > 0; k--) {
      bytes[random.below(bytes.length)] = random.below(256);
    }
    expect(() => decodeAnswer(bytes)).not.toThrow();
  }
});
