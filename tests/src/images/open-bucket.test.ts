/** Images in a bucket: an OCI layout whose files are objects. */
import { mkdtemp, open, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Errno } from "../../../kernel/index.ts";
import { type ImageBucket, openBucketImage } from "../../../src/images/open-bucket.ts";
import { entryLines, file, noise, readAll, sampleImage } from "./sample-image.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "isopod-bucket-"));
  await sampleImage(folder, [[file("/big", noise(300_000)), file("/small", "small")]], "one");
  await sampleImage(folder, [[file("/other", "other")]], "two");
});
afterAll(() => rm(folder, { recursive: true }));

/** A folder that answers as R2 does: null for what is not there. */
function bucket(asked: string[] = []): ImageBucket {
  return {
    async get(key, options) {
      const handle = await open(join(folder, key)).catch(() => undefined);
      if (!handle) return null;
      const { offset = 0, length = (await handle.stat()).size } = options?.range ?? {};
      asked.push(`${key.slice(0, 20)} ${offset} ${length}`);
      const { buffer, bytesRead } = await handle.read(new Uint8Array(length), 0, length, offset);
      await handle.close();
      return { arrayBuffer: async () => buffer.slice(0, bytesRead).buffer };
    },
  };
}

test("images by tag, their files by range", async () => {
  const asked: string[] = [];
  const image = await openBucketImage(bucket(asked), "one");
  expect(entryLines(image)).toEqual(["directory /", "file /big", "file /small"]);
  const before = asked.length;
  expect((await readAll(image, "/small")).toString()).toBe("small");
  expect((await readAll(image, "/big")).equals(noise(300_000))).toBe(true);
  expect(asked.length - before).toBe(2);
  expect(entryLines(await openBucketImage(bucket(), "two"))).toContain("file /other");
});

test("what is not there is told; a bucket that fails is EIO", async () => {
  await expect(openBucketImage(bucket(), "three")).rejects.toThrow(
    /no image three; it holds one, two/,
  );
  await expect(openBucketImage({ get: async () => null }, "one")).rejects.toThrow(
    /index\.json: is not in the bucket/,
  );
  const whole = bucket();
  let broken = false;
  const faults: string[] = [];
  const failing: ImageBucket = {
    get: (key, options) =>
      broken ? Promise.reject(new Error("R2 is away")) : whole.get(key, options),
  };
  const image = await openBucketImage(failing, "one", { onFault: (e) => faults.push(String(e)) });
  broken = true;
  await expect(readAll(image, "/big")).rejects.toMatchObject({ errno: Errno.EIO });
  expect(faults[0]).toMatch(/R2 is away/);
  broken = false;
  expect((await readAll(image, "/big")).length).toBe(300_000);
});
