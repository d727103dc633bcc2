/** Archives that others wrote: read entry by entry, or refused before they cost much. */
import { Readable } from "node:stream";
import { expect, test } from "vitest";
import { tarHeader } from "../../../../src/images/tar-header.ts";
import { readTar } from "../../../../src/machine/state/read-tar.ts";

const file = { name: "f", mode: 0o644, uid: 0, gid: 0, mtime: 0, size: 0 } as const;
const long = (value: string) =>
  tarHeader({ ...file, type: "file", pax: [["comment", new TextEncoder().encode(value)]] });

async function read(...pieces: Uint8Array[]) {
  const names: string[] = [];
  for await (const { name } of readTar(Readable.from(pieces))) names.push(name);
  return names;
}

test("extended headers belong to the entry behind them", async () => {
  const name = "n".repeat(300);
  expect(await read(long("x"), tarHeader({ ...file, type: "file", name }))).toEqual(["f", name]);
});

test("extended headers without an entry are bounded together", async () => {
  const whole = long("x".repeat(600_000));
  // All but the entry's own header.
  const extension = whole.subarray(0, whole.length - 512);
  expect(await read(whole)).toEqual(["f"]);
  await expect(read(extension, extension)).rejects.toThrow("extended headers of");
});
