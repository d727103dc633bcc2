/** The folder of uncompressed contents: used, verified, and never needed. */
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Contents } from "../../../../src/images/contents.ts";
import { nodeCodec } from "../../../../src/images/node/codec.ts";
import { blobPath, FolderBlobs } from "../../../../src/images/node/folder-blobs.ts";
import { plainCache } from "../../../../src/images/node/plain-cache.ts";
import { openImage } from "../../../../src/images/open-image.ts";
import { file, noise, readAll, sampleImage } from "../sample-image.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "isopod-plain-cache-"));
});
afterEach(() => rm(folder, { recursive: true }));

const bytes = noise(300_000);
const PATIENCE = { timeout: 60_000 };
const cache = () => join(folder, "cache");

async function open() {
  const { layout, image } = await sampleImage(join(folder, "image"), [
    [file("/big", bytes), file("/small", "small")],
  ]);
  return openImage(
    await layout.readBlob(image.digest),
    image.digest,
    new FolderBlobs(layout.folder),
    {
      reference: "sample",
      codec: nodeCodec,
      contents: new Contents({ codec: nodeCodec, plain: plainCache(cache()) }),
    },
  );
}

test("a large file is kept uncompressed, and read from there the next time", async () => {
  const first = await open();
  await readAll(first, "/big");
  await readAll(first, "/small");
  const [name] = await vi.waitFor(async () => {
    const names = await readdir(cache());
    expect(names.filter((entry) => !entry.startsWith("."))).toHaveLength(1);
    return names;
  }, PATIENCE);
  expect(name).toMatch(/^[0-9a-f]{64}$/);
  const second = await open();
  const layer = second.source.entries.find(({ path }) => path === "/big")?.content as
    | { blob: string }
    | undefined;
  // The layer is not needed any more.
  await rm(blobPath(join(folder, "image"), layer?.blob ?? ""));
  expect((await readAll(second, "/big")).equals(bytes)).toBe(true);
});

test("damage in it is noticed and passed by", async () => {
  const first = await open();
  await readAll(first, "/big");
  const name = await vi.waitFor(async () => {
    const [only] = await readdir(cache());
    expect(only).toMatch(/^[0-9a-f]{64}$/);
    return only as string;
  }, PATIENCE);
  await writeFile(join(cache(), name), Buffer.alloc(bytes.length));
  expect((await readAll(await open(), "/big")).equals(bytes)).toBe(true);
  await writeFile(join(cache(), name), "short");
  expect((await readAll(await open(), "/big")).equals(bytes)).toBe(true);
});

test("a folder that cannot be written is passed by", async () => {
  await writeFile(cache(), "in the way");
  expect((await readAll(await open(), "/big")).equals(bytes)).toBe(true);
});
