/** The link: whole messages, once, in turns, over sockets that break. */
import { expect, test } from "vitest";
import { encodeFrame, FrameKind } from "../../../src/remote/frames.ts";
import { Link, ProtocolError } from "../../../src/remote/link.ts";
import { FRAME_BYTES, WINDOW_BYTES } from "../../../src/remote/protocol.ts";
import { seeded } from "../../kernel/random.ts";

const LARGEST = 64 << 20;

interface End {
  readonly link: Link;
  readonly messages: [number, Uint8Array][];
  readonly tooLarge: number[];
}

function end(most = LARGEST): End {
  const messages: [number, Uint8Array][] = [];
  const tooLarge: number[] = [];
  const link = new Link(
    { message: (id, bytes) => messages.push([id, bytes]), tooLarge: (id) => tooLarge.push(id) },
    most,
  );
  return { link, messages, tooLarge };
}

/** A socket between two ends that delivers when it is told to. */
class Wire {
  readonly #queues: Uint8Array[][] = [[], []];
  readonly #ends: readonly [End, End];

  constructor(a: End, b: End) {
    this.#ends = [a, b];
    const [toB, toA] = this.#queues as [Uint8Array[], Uint8Array[]];
    const [countA, countB] = [a.link.counts, b.link.counts];
    a.link.attach({ send: (data) => toB.push(data.slice()) }, countB.received);
    b.link.attach({ send: (data) => toA.push(data.slice()) }, countA.received);
  }

  get waiting(): number {
    return this.#queues.flat().length;
  }

  /** Delivers the next frame of one direction. */
  step(direction: number): void {
    const frame = this.#queues[direction]?.shift();
    if (frame) this.#ends[1 - direction]?.link.receive(frame);
  }

  run(): void {
    while (this.waiting > 0) {
      this.step(0);
      this.step(1);
    }
  }

  cut(): void {
    for (const { link } of this.#ends) link.detach();
  }
}

/** No two frames of a message, and no two messages, are alike. */
const bytes = (size: number, seed = 1) => {
  const words = new Uint32Array(Math.ceil(size / 4));
  for (let i = 0; i < words.length; i += 64) words[i] = i + seed;
  return new Uint8Array(words.buffer, 0, size);
};

test("messages of every size come whole", () => {
  const [a, b] = [end(), end()];
  const wire = new Wire(a, b);
  const sizes = [0, 1, FRAME_BYTES - 1, FRAME_BYTES, FRAME_BYTES + 1, 3 * FRAME_BYTES + 7];
  for (const [i, size] of sizes.entries()) void a.link.send(i + 1, bytes(size, i));
  wire.run();
  const sorted = b.messages.sort(([x], [y]) => x - y);
  expect(sorted.map(([id]) => id)).toEqual(sizes.map((_, i) => i + 1));
  for (const [i, [, got]] of sorted.entries()) {
    expect(Buffer.compare(got, bytes(sizes[i] as number, i))).toBe(0);
  }
});

test("a short message overtakes a long one, and a full window stops the sender", async () => {
  const [a, b] = [end(), end()];
  const wire = new Wire(a, b);
  let sent = false;
  void a.link.send(1, bytes(3 * WINDOW_BYTES)).then(() => {
    sent = true;
  });
  void a.link.send(2, bytes(10));
  expect(wire.waiting * FRAME_BYTES).toBeLessThanOrEqual(WINDOW_BYTES + FRAME_BYTES);
  await Promise.resolve();
  expect(sent).toBe(false);
  wire.run();
  await Promise.resolve();
  expect(sent).toBe(true);
  expect(b.messages.map(([id]) => id)).toEqual([2, 1]);
});

test("cut at any point and in both directions, each message arrives once and in order", () => {
  const random = seeded(20_261_122);
  for (let round = 0; round < 20; round++) {
    const [a, b] = [end(), end()];
    for (let i = 1; i <= 20; i++) {
      void a.link.send(i, bytes(random.below(FRAME_BYTES * 2), i));
      void b.link.send(i, bytes(random.below(1000), -i));
    }
    for (let cuts = 0; cuts < 6; cuts++) {
      const wire = new Wire(a, b);
      for (let steps = random.below(30); steps > 0; steps--) wire.step(random.below(2));
      wire.cut();
    }
    new Wire(a, b).run();
    for (const { messages } of [a, b]) {
      expect(messages.map(([id]) => id).sort((x, y) => x - y)).toEqual(
        Array.from({ length: 20 }, (_, i) => i + 1),
      );
    }
    for (const [id, got] of b.messages) {
      expect(Buffer.compare(got, bytes(got.length, id))).toBe(0);
    }
  }
});

test("a peer that lacks frames which are gone cannot resume", () => {
  const [a, b] = [end(), end()];
  const wire = new Wire(a, b);
  void a.link.send(1, bytes(10));
  wire.run();
  void b.link.send(1, bytes(10));
  wire.run();
  expect(a.link.canResume(1)).toBe(true);
  expect(a.link.canResume(0)).toBe(false);
  expect(a.link.canResume(2)).toBe(false);
});

test("a message that is too large is thrown away, told, and harms no other", () => {
  const [a, b] = [end(), end(FRAME_BYTES)];
  const wire = new Wire(a, b);
  void a.link.send(1, bytes(FRAME_BYTES * 5));
  void a.link.send(2, bytes(5));
  wire.run();
  expect(b.tooLarge).toEqual([1]);
  expect(b.messages.map(([id]) => id)).toEqual([2]);
});

test("what is no frame is refused", () => {
  const { link } = end();
  expect(() => link.receive(new Uint8Array(3))).toThrow(ProtocolError);
  expect(() => link.receive(new Uint8Array(100).fill(9))).toThrow(ProtocolError);
  expect(() => link.receive(new Uint8Array(FRAME_BYTES * 2))).toThrow(ProtocolError);
});

test("parts of too many messages at once are refused", () => {
  const { link } = end();
  const part = (message: number) =>
    link.receive(
      encodeFrame({ kind: FrameKind.PART, acknowledged: 0, message, payload: new Uint8Array(1) }),
    );
  for (let id = 1; id <= 64; id++) part(id);
  expect(() => part(65)).toThrow(/in parts/);
});

test("parts of a message hold no more than they bring", () => {
  const { link, messages } = end();
  const packet = new Uint8Array(1 << 20);
  const part = (kind: number, byte: number) => {
    const frame = encodeFrame({ kind, acknowledged: 0, message: 1, payload: Uint8Array.of(byte) });
    packet.set(frame);
    link.receive(packet.subarray(0, frame.length));
  };
  for (let byte = 1; byte <= 5; byte++) part(FrameKind.PART, byte);
  part(FrameKind.LAST, 6);
  expect(messages).toEqual([[1, Uint8Array.of(1, 2, 3, 4, 5, 6)]]);
  expect(messages[0]?.[1].buffer.byteLength).toBeLessThan(64);
});

test("a part with nothing in it is refused: it could be sent for ever", () => {
  const { link } = end();
  const payload = new Uint8Array(0);
  const frame = encodeFrame({ kind: FrameKind.PART, acknowledged: 0, message: 1, payload });
  expect(() => link.receive(frame)).toThrow(ProtocolError);
});
