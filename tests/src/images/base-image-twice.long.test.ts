/** The base image is reproducible: built again, in another folder, it has the same digest. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ensureBaseImage } from "../../../src/images/base-image.ts";
import { baseImageFolder } from "../../../src/images/base-image-folder.ts";
import { Layout } from "../../../src/images/node/layout.ts";
import { Annotation, type Index } from "../../../src/images/oci/manifest.ts";

const MINUTES = 60_000;

test(
  "two builds give one image, and a third has nothing to do",
  async () => {
    const folder = await mkdtemp(join(tmpdir(), "isopod-base-image-"));
    try {
      const once = await build(join(folder, "once"));
      // Set-up built one already; of other inputs, where the sources changed since.
      const there = new Layout(baseImageFolder()).index();
      const same = inputsOf(there) === inputsOf(once);
      expect(same ? there : await build(join(folder, "twice"))).toEqual(once);
      expect(await ensureBaseImage({}, join(folder, "once"))).toBe(false);
    } finally {
      await rm(folder, { recursive: true });
    }
  },
  10 * MINUTES,
);

async function build(folder: string): Promise<Index> {
  expect(await ensureBaseImage({}, folder)).toBe(true);
  return new Layout(folder).index();
}

const inputsOf = ({ manifests }: Index) => manifests[0]?.annotations?.[Annotation.inputs];
