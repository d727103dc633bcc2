import { describe, expect, test } from "vitest";
import { PostedWrites } from "../../../runtimes/engines/posted-writes.ts";
import { Channel } from "../../../runtimes/engines/shared-memory/channel.ts";
import {
  BELL_BYTES,
  BODY,
  CHANNEL_BYTES,
  POST_MAX,
  POSTED,
  POSTED_BYTES,
  Word,
} from "../../../runtimes/engines/shared-memory/layout.ts";

function bothEnds() {
  const memory = new SharedArrayBuffer(CHANNEL_BYTES);
  const words = new Int32Array(memory, 0, BODY / 4);
  words[Word.MayPost] = 1;
  const guest = new Channel(memory, new SharedArrayBuffer(BELL_BYTES), 0);
  return { guest, kernel: new PostedWrites(memory, words), words, memory };
}

const bytes = (length: number, value: number) => new Uint8Array(length).fill(value);

describe("posted writes", () => {
  test("come out as they went in, one by one where they may not be merged", () => {
    const { guest, kernel } = bothEnds();
    expect(guest.post(1, Uint8Array.of(1, 2, 3))).toBe(true);
    expect(guest.post(1, Uint8Array.of(4))).toBe(true);
    expect([...(kernel.next(3) as Uint8Array)]).toEqual([1, 2, 3]);
    kernel.done(3);
    expect([...(kernel.next(3) as Uint8Array)]).toEqual([4]);
    kernel.done(1);
    expect(kernel.next(3)).toBeUndefined();
    expect(kernel.empty).toBe(true);
  });

  test("are merged up to what nobody could tell, never a part of one", () => {
    const { guest, kernel } = bothEnds();
    for (const value of [1, 2, 3]) guest.post(1, bytes(3, value));
    expect([...(kernel.next(7) as Uint8Array)]).toEqual([1, 1, 1, 2, 2, 2]);
    kernel.done(6);
    expect([...(kernel.next(7) as Uint8Array)]).toEqual([3, 3, 3]);
  });

  test("go on in the middle of one after a partial write", () => {
    const { guest, kernel } = bothEnds();
    guest.post(1, bytes(20_000, 7));
    expect(kernel.next(4096)).toHaveLength(20_000);
    kernel.done(4096);
    expect(kernel.next(4096)).toHaveLength(20_000 - 4096);
    guest.post(1, Uint8Array.of(9));
    kernel.done(20_000 - 4096);
    expect([...(kernel.next(4096) as Uint8Array)]).toEqual([9]);
  });

  test("keep their bytes around the end of the ring", () => {
    const { guest, kernel } = bothEnds();
    let posted = 0;
    let seen = 0;
    for (let turn = 0; turn < 400; turn++) {
      const size = 1 + ((turn * 977) % 9000);
      if (guest.post(1, bytes(size, turn & 0xff))) posted += size;
      const chunk = kernel.next(65_536);
      if (!chunk) continue;
      seen += chunk.length;
      kernel.done(chunk.length);
    }
    for (let chunk = kernel.next(65_536); chunk; chunk = kernel.next(65_536)) {
      seen += chunk.length;
      kernel.done(chunk.length);
    }
    expect(seen).toBe(posted);
    expect(posted).toBeGreaterThan(POSTED_BYTES * 4);
  });

  test("are refused where they have to be made as calls", () => {
    const { guest, kernel, words } = bothEnds();
    expect(guest.post(1, bytes(POST_MAX + 1, 0))).toBe(false);
    expect(guest.post(1, bytes(10, 0))).toBe(true);
    expect(guest.post(2, bytes(10, 0))).toBe(false);
    kernel.done(10);
    expect(guest.post(2, bytes(10, 0))).toBe(true);
    words[Word.Signals] = 1;
    expect(guest.post(2, bytes(10, 0))).toBe(false);
    words[Word.Signals] = 0;
    words[Word.MayPost] = 0;
    expect(guest.post(2, bytes(10, 0))).toBe(false);
    words[Word.MayPost] = 1;
    while (guest.post(2, bytes(POST_MAX, 0)));
    expect(guest.post(2, bytes(POST_MAX, 0))).toBe(false);
  });

  test("of a hostile guest touch nothing outside of the queue, and end", () => {
    const { kernel, words, memory } = bothEnds();
    const lengths = new Int32Array(memory, POSTED, POSTED_BYTES / 4);
    const outside = new Uint8Array(memory, 0, POSTED);
    for (const length of [-1, -2, 0x7fffffff, POST_MAX + 1, POSTED_BYTES]) {
      for (const tail of [4, 8, POSTED_BYTES, POSTED_BYTES + 4, -4, 0x7fffffff]) {
        lengths.fill(length);
        words[Word.PostTail] = tail;
        for (let turn = 0; turn < 3; turn++) {
          const chunk = kernel.next(65_536);
          if (chunk && chunk.buffer === memory) {
            expect(chunk.byteOffset).toBeGreaterThanOrEqual(POSTED);
            expect(chunk.byteOffset + chunk.length).toBeLessThanOrEqual(POSTED + POSTED_BYTES);
          }
          kernel.done(chunk?.length ?? 1);
        }
        kernel.clear();
        expect(kernel.next(65_536)).toBeUndefined();
      }
    }
    expect(outside.subarray(BODY).every((byte) => byte === 0)).toBe(true);
  });
});
