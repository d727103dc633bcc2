/** Opens an image of an OCI layout, wherever its files are: its index, and a source of its blobs. */
import type { BlobSource } from "./blob-source.ts";
import { type Codec, webCodec } from "./codec.ts";
import { Contents } from "./contents.ts";
import type { Image } from "./image.ts";
import { chooseManifest } from "./oci/choose-manifest.ts";
import { type Digest, hexOf } from "./oci/digest.ts";
import { parseIndex } from "./oci/manifest.ts";
import { openImage, readDocument } from "./open-image.ts";

export interface LayoutOptions {
  /** Which image of the layout: a tag or a manifest's digest. Default: its only one, or `latest`. */
  readonly tag?: string | undefined;
  readonly codec?: Codec;
  /** Shared by the images of a thread, to share its bound of memory. */
  readonly contents?: Contents;
  /** Hears why a file's bytes could not be had; the guest gets EIO. */
  readonly onFault?: (error: unknown) => void;
}

/** A blob's name in a layout. */
export function blobName(digest: Digest): string {
  return `blobs/sha256/${hexOf(digest)}`;
}

/** `where` names the layout, for people; `index` are the bytes of its index.json. */
export async function openLayout(
  where: string,
  index: Uint8Array,
  blobs: BlobSource,
  { tag, codec = webCodec, contents, onFault }: LayoutOptions,
): Promise<Image> {
  const manifest = chooseManifest(where, parseIndex(`${where}: index.json`, index), tag);
  const document = await readDocument(`${where}: manifest`, manifest, blobs, codec);
  return openImage(document, manifest.digest, blobs, {
    reference: tag ?? where,
    codec,
    contents: contents ?? new Contents({ codec, onFault }),
  });
}
