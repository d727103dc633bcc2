/** Small images for tests: entries from a few words, written to a folder. */

import { isSleep } from "../../../kernel/wait/sleep.ts";
import type { Image } from "../../../src/images/image.ts";
import { Layout } from "../../../src/images/node/layout.ts";
import { type NewLayer, writeImage } from "../../../src/images/node/write-image.ts";
import type { Descriptor } from "../../../src/images/oci/manifest.ts";
import type { NewEntry } from "../../../src/images/write-layer.ts";

const common = { uid: 0, gid: 0, mtime: 1000 };

export function file(path: string, bytes: string | Uint8Array, mode = 0o644): NewEntry {
  return { ...common, path, kind: "file", mode, bytes: Buffer.from(bytes) };
}

export function folder(path: string, mode = 0o755): NewEntry {
  return { ...common, path, kind: "directory", mode };
}

export function symlink(path: string, target: string): NewEntry {
  return { ...common, path, kind: "symlink", mode: 0o777, target };
}

export const CONFIG = {
  user: undefined,
  env: {},
  cwd: undefined,
  entrypoint: [],
  cmd: [],
  labels: {},
  permissions: {},
};

export async function sampleImage(
  target: string,
  layers: readonly (readonly NewEntry[])[],
  tag = "latest",
): Promise<{ layout: Layout; image: Descriptor }> {
  const layout = new Layout(target);
  const written: NewLayer[] = layers.map((entries, i) => ({ title: `layer ${i}`, entries }));
  const image = await writeImage(layout, { layers: written, config: CONFIG, created: 1000 });
  await layout.tag(image, tag);
  return { layout, image };
}

/** Bytes that do not compress, the same each time. */
export function noise(length: number, seed = 1): Uint8Array {
  const bytes = new Uint8Array(length);
  let state = seed;
  for (let i = 0; i < length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    bytes[i] = state >>> 24;
  }
  return bytes;
}

/** Reads as the kernel does: again after each sleep. */
export async function readAll(
  { source }: Image,
  path: string,
  offset = 0,
  length?: number,
): Promise<Buffer> {
  const content = source.entries.find((entry) => entry.path === path)?.content;
  if (!content) throw new Error(`${path} has no content`);
  for (;;) {
    try {
      return Buffer.from(source.read(content, offset, length ?? content.size - offset));
    } catch (reason) {
      if (!isSleep(reason)) throw reason;
      await reason.promise;
    }
  }
}

export const entryLines = ({ source }: Image): string[] =>
  source.entries.map(({ kind, path }) => `${kind} ${path}`);
