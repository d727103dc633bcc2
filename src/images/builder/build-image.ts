/**
 * Builds an image from an image file into a layout: the layers of the image that it is made from, and
 * its own on top. The same sources give the same digest, wherever and whenever it is built.
 */
import { copyFile, link } from "node:fs/promises";
import type { ImageConfig } from "../image.ts";
import { blobPath } from "../node/folder-blobs.ts";
import type { Layout } from "../node/layout.ts";
import { type Located, locateImage, openReference } from "../node/open-reference.ts";
import { type NewLayer, writeImage } from "../node/write-image.ts";
import { imageError } from "../oci/digest.ts";
import { type Descriptor, parseConfig, parseManifest } from "../oci/manifest.ts";
import type { BuildPlan } from "./image-file.ts";
import { LowerTree } from "./lower-tree.ts";
import { planLayer } from "./plan-layers.ts";

export interface BuildProgress {
  /** Bytes of an npm package that have arrived. */
  onFetch?(what: string, received: number): void;
  /** Bytes of files that are packed, of how many. */
  onPack?(packed: number, total: number): void;
}

export interface BuiltImage {
  readonly image: Descriptor;
  /** Compressed bytes of all layers, and how many of them are the image's own. */
  readonly size: number;
  readonly ownSize: number;
}

/** The time that npm gives the files of packages; an image file or SOURCE_DATE_EPOCH may set another. */
const CREATED = Date.UTC(1985, 9, 26, 8, 15) / 1000;
const NOTHING: ImageConfig = {
  user: undefined,
  env: {},
  cwd: undefined,
  entrypoint: [],
  cmd: [],
  labels: {},
  permissions: {},
};

export async function buildImage(
  plan: BuildPlan,
  layout: Layout,
  progress: BuildProgress = {},
): Promise<BuiltImage> {
  await layout.prepare();
  const created = plan.created ?? sourceDate() ?? CREATED;
  const from = plan.from === null ? undefined : await locateImage(plan.from);
  const below = from && (await openReference(plan.from ?? undefined));
  const tree = await LowerTree.over(below?.source);
  const planned = [];
  for (const layer of plan.layers) {
    const options = { tree, mtime: created, onFetch: progress.onFetch?.bind(progress) };
    planned.push(await planLayer(layer, options));
  }
  const total = planned.reduce((sum, { bytes }) => sum + bytes, 0);
  let packed = 0;
  const layers: NewLayer[] = [...(from ? await takeLayers(from, layout) : []), ...planned];
  const image = await writeImage(
    layout,
    { layers, config: mergeConfig(below?.config ?? NOTHING, plan.config), created },
    (bytes) => progress.onPack?.((packed += bytes), total),
  );
  const manifest = parseManifest("manifest", await layout.readBlob(image.digest));
  const sizes = manifest.layers.map(({ size }) => size);
  const own = sizes.slice(sizes.length - planned.length);
  return { image, size: sum(sizes), ownSize: sum(own) };
}

/** The layers of an image of another layout, as links where the file system has them. */
async function takeLayers({ layout: source, image }: Located, target: Layout): Promise<NewLayer[]> {
  const where = `image ${image.digest}`;
  const manifest = parseManifest(where, await source.readBlob(image.digest));
  const config = parseConfig(where, await source.readBlob(manifest.config.digest));
  const ids = config.rootfs?.diff_ids ?? [];
  if (ids.length !== manifest.layers.length)
    throw imageError(where, "has a diff_id for not each layer");
  const titles = (config.history ?? []).filter((entry) => entry["empty_layer"] !== true);
  const layers: NewLayer[] = [];
  for (const [i, descriptor] of manifest.layers.entries()) {
    await takeBlob(descriptor, source, target);
    const title = String(titles[i]?.["created_by"] ?? "layer");
    layers.push({ title, descriptor, diffId: ids[i] as string });
  }
  return layers;
}

export async function takeBlob(blob: Descriptor, source: Layout, target: Layout): Promise<void> {
  if (await target.has(blob)) return;
  const [from, to] = [source, target].map(({ folder }) => blobPath(folder, blob.digest)) as [
    string,
    string,
  ];
  await link(from, to).catch(() =>
    target.addBlob(async (_, path) => {
      await copyFile(from, path);
      return blob;
    }),
  );
}

function mergeConfig(below: ImageConfig, own: Partial<ImageConfig>): ImageConfig {
  return {
    ...below,
    ...own,
    // Another program makes the arguments of the one below meaningless.
    cmd: own.cmd ?? (own.entrypoint ? [] : below.cmd),
    env: { ...below.env, ...own.env },
    // Labels describe the image that they are on.
    labels: own.labels ?? {},
  };
}

/** https://reproducible-builds.org/specs/source-date-epoch/ */
function sourceDate(): number | undefined {
  const text = process.env["SOURCE_DATE_EPOCH"];
  return text !== undefined && /^\d{1,12}$/.test(text) ? Number(text) : undefined;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
