/** The images that were built or pulled, by name: what `isopod image` shows and changes. */
import type { ImageConfig } from "../image.ts";
import { readConfig } from "../oci/config.ts";
import type { Digest } from "../oci/digest.ts";
import { Annotation, type Descriptor, parseConfig, parseManifest } from "../oci/manifest.ts";
import { parseReference } from "../registry/reference.ts";
import { imageStoreFolder } from "./folders.ts";
import { Layout, nameOf } from "./layout.ts";
import type { Located } from "./open-reference.ts";

export interface ImageInfo {
  readonly digest: Digest;
  /** Compressed bytes of all layers. */
  readonly size: number;
  readonly created: string | undefined;
  readonly platform: string;
  readonly config: ImageConfig;
  readonly layers: readonly LayerInfo[];
}

export interface LayerInfo {
  readonly digest: Digest;
  readonly size: number;
  readonly uncompressedSize: number | undefined;
  readonly title: string | undefined;
}

export function imageStore(): Layout {
  return new Layout(imageStoreFolder());
}

/** The name under which the store has what a person calls so: with a tag. Fails where it is none. */
export function storeName(text: string): string {
  const { tag, digest } = parseReference(text);
  if (digest !== undefined || text.endsWith(`:${tag}`)) return text;
  return `${text}:${tag}`;
}

export async function describeImage({ layout, image }: Located): Promise<ImageInfo> {
  const where = `image ${image.digest}`;
  const manifest = parseManifest(where, await layout.readBlob(image.digest));
  const document = parseConfig(where, await layout.readBlob(manifest.config.digest));
  const titles = (document.history ?? []).filter((entry) => entry["empty_layer"] !== true);
  const layers = manifest.layers.map(({ digest, size, annotations }, i) => {
    const uncompressed = annotations?.[Annotation.uncompressedSize];
    const title = titles[i]?.["created_by"];
    return {
      digest,
      size,
      uncompressedSize: uncompressed === undefined ? undefined : Number(uncompressed),
      title: typeof title === "string" ? title : undefined,
    };
  });
  return {
    digest: image.digest,
    size: layers.reduce((sum, { size }) => sum + size, 0),
    created: document.created,
    platform: `${document.os}/${document.architecture}`,
    config: readConfig(where, document),
    layers,
  };
}

/** Takes a name away, and the image's blobs with its last name. How many bytes that freed. */
export async function removeImage(layout: Layout, image: Descriptor): Promise<number> {
  const blobs = await layout.blobsOf(image);
  await layout.changeIndex((images) =>
    images.filter((old) => old.digest !== image.digest || nameOf(old) !== nameOf(image)),
  );
  return layout.sweep(blobs);
}
