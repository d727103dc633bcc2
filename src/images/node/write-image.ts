/** Writes an image into a layout: its layers, its config, its manifest. Equal inputs, equal digest. */
import type { ImageConfig } from "../image.ts";
import { PLATFORM, writeConfig } from "../oci/config.ts";
import type { Digest } from "../oci/digest.ts";
import {
  Annotation,
  type ConfigDocument,
  type Descriptor,
  type Manifest,
  MediaType,
} from "../oci/manifest.ts";
import { type NewEntry, type WrittenLayer, writeLayer } from "../write-layer.ts";
import { type Layout, nodeHasher } from "./layout.ts";

export interface NewImage {
  readonly layers: readonly NewLayer[];
  readonly config: ImageConfig;
  /** Seconds since 1970. */
  readonly created: number;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** A layer to write, or one that is in the layout already. */
export type NewLayer =
  | { readonly title: string; readonly entries: Iterable<NewEntry> }
  | { readonly title: string; readonly descriptor: Descriptor; readonly diffId: Digest };

/** The manifest's descriptor. `onProgress` hears of uncompressed bytes. */
export async function writeImage(
  layout: Layout,
  image: NewImage,
  onProgress?: (bytes: number) => void,
): Promise<Descriptor> {
  const { created, config, annotations = {} } = image;
  await layout.prepare();
  const layers: { title: string; descriptor: Descriptor; diffId: Digest }[] = [];
  for (const layer of image.layers) {
    if ("descriptor" in layer) layers.push(layer);
    else
      layers.push({ title: layer.title, ...(await addLayer(layout, layer.entries, onProgress)) });
  }
  const time = new Date(created * 1000).toISOString().replace(".000Z", "Z");
  const document: ConfigDocument = {
    created: time,
    ...PLATFORM,
    config: writeConfig(config),
    rootfs: { type: "layers", diff_ids: layers.map(({ diffId }) => diffId) },
    history: layers.map(({ title }) => ({ created: time, created_by: title })),
  };
  const manifest: Manifest = {
    schemaVersion: 2,
    mediaType: MediaType.manifest,
    config: await layout.addBytes(MediaType.config, encode(document)),
    layers: layers.map(({ descriptor }) => descriptor),
    annotations: { ...annotations, [Annotation.created]: time },
  };
  const written = await layout.addBytes(MediaType.manifest, encode(manifest));
  return { ...written, platform: PLATFORM };
}

async function addLayer(
  layout: Layout,
  entries: Iterable<NewEntry>,
  onProgress: ((bytes: number) => void) | undefined,
): Promise<Pick<WrittenLayer, "descriptor" | "diffId">> {
  return layout.addBlob(async (write) => {
    const written = await writeLayer(entries, write, { newHasher: nodeHasher, onProgress });
    return { ...written, digest: written.descriptor.digest };
  });
}

function encode(document: object): Uint8Array {
  return Buffer.from(JSON.stringify(document));
}
