/** Files that guests read as codecs: piece by piece, as one, and again where reading failed. */
import { expect, test } from "vitest";
import type { CodecAnswer, HostCodec } from "../../../kernel/index.ts";
import { withLentFiles } from "../../../src/platforms/lent-files.ts";

const NOTHING = new Uint8Array();

const step = async (codec: HostCodec, room: number): Promise<CodecAnswer> =>
  codec.step(0, NOTHING, room);

test("a file comes in pieces, to each who opens it, and is read once", async () => {
  let reads = 0;
  const codecs = withLentFiles({
    async "a.wasm"() {
      reads++;
      return Uint8Array.of(1, 2, 3);
    },
  });
  expect(codecs.memory("a.wasm", [])).toEqual({ little: 0, most: 0 });
  expect(codecs.memory("b.wasm", [])).toBe(undefined);
  for (const _ of [1, 2]) {
    const file = codecs.open("a.wasm", [], NOTHING);
    expect([...(await step(file, 2)).made]).toEqual([1, 2]);
    expect([...(await step(file, 2)).made]).toEqual([3]);
    expect([...(await step(file, 2)).made]).toEqual([]);
  }
  expect(reads).toBe(1);
});

test("what could not be read says why, and the next one tries again", async () => {
  let isThere = false;
  const codecs = withLentFiles({
    async "a.wasm"() {
      if (!isThere) throw new Error("the network is away");
      return Uint8Array.of(7);
    },
  });
  const failed = await step(codecs.open("a.wasm", [], NOTHING), 8);
  expect(failed.error).not.toBe(0);
  expect(new TextDecoder().decode(failed.made)).toBe("Error: the network is away");
  isThere = true;
  expect(await step(codecs.open("a.wasm", [], NOTHING), 8)).toMatchObject({ error: 0 });
});
