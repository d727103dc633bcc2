/**
 * Opens an image over any source of blobs: manifest, config and tables of contents are fetched and
 * verified, the files' bytes are not until they are read.
 */
import type { ImageContent, ImageSource } from "../../kernel/vfs/image-source.ts";
import { type BlobSource, readVerified } from "./blob-source.ts";
import type { Codec } from "./codec.ts";
import type { Contents } from "./contents.ts";
import type { Image } from "./image.ts";
import type { LayerContent } from "./layer.ts";
import { mergeLayers } from "./merge-layers.ts";
import { readConfig } from "./oci/config.ts";
import { checkDigest, type Digest, imageError } from "./oci/digest.ts";
import { type Descriptor, DOCUMENT_BYTES_MAX, parseConfig, parseManifest } from "./oci/manifest.ts";
import { type Layer, openLayer } from "./open-layer.ts";

export interface OpenOptions {
  /** As the image was named, for people. */
  readonly reference: string;
  readonly codec: Codec;
  readonly contents: Contents;
}

/** `manifest` are the bytes of its manifest, which must have the digest `digest`. */
export async function openImage(
  manifest: Uint8Array,
  digest: Digest,
  blobs: BlobSource,
  options: OpenOptions,
): Promise<Image> {
  const { reference, codec, contents } = options;
  const where = `image ${reference}: manifest`;
  checkDigest(where, digest, await codec.sha256(manifest));
  const { config, layers } = parseManifest(where, manifest);
  const [configBytes, ...opened] = await Promise.all([
    readDocument(`image ${reference}: config`, config, blobs, codec),
    ...layers.map((layer) => openLayer(layer, blobs, codec)),
  ]);
  return {
    reference,
    digest,
    config: readConfig(
      `image ${reference}: config`,
      parseConfig(`image ${reference}: config`, configBytes),
    ),
    source: imageSource(opened, blobs, contents),
    size: layers.reduce((sum, { size }) => sum + size, 0),
    close: () => blobs.close?.(),
  };
}

/** A manifest or config by its descriptor, verified. */
export async function readDocument(
  where: string,
  { digest, size }: Descriptor,
  blobs: BlobSource,
  codec: Codec,
): Promise<Uint8Array> {
  if (size > DOCUMENT_BYTES_MAX) throw imageError(where, `is ${size} bytes large`);
  return readVerified(blobs, { digest, offset: 0, length: size }, async (bytes) => {
    checkDigest(where, digest, await codec.sha256(bytes));
    return bytes;
  });
}

function imageSource(layers: readonly Layer[], blobs: BlobSource, contents: Contents): ImageSource {
  const byBlob = new Map<Digest, BlobSource>();
  for (const { entries, blobs: own } of layers) {
    for (const { content } of entries) if (content) byBlob.set(content.blob, own);
  }
  return {
    entries: mergeLayers(layers),
    read(content: ImageContent, offset: number, length: number) {
      const own = content as LayerContent;
      return contents.read(byBlob.get(own.blob) ?? blobs, own, offset, length);
    },
  };
}
