/**
 * Opens an image of an OCI layout in a bucket of Cloudflare's R2, whose objects have the names of the
 * layout's files. Parts of files are read from there when they are first needed.
 */
import type { BlobSource } from "./blob-source.ts";
import type { Image } from "./image.ts";
import { imageError } from "./oci/digest.ts";
import { blobName, type LayoutOptions, openLayout } from "./open-layout.ts";

/** The part of an R2Bucket that is used. */
export interface ImageBucket {
  get(
    key: string,
    options?: { range: { offset: number; length: number } },
  ): Promise<{ arrayBuffer(): Promise<ArrayBuffer> } | null>;
}

/** `name` is a tag of the layout, or a manifest's digest. */
export async function openBucketImage(
  bucket: ImageBucket,
  name: string | undefined,
  options: Omit<LayoutOptions, "tag"> = {},
): Promise<Image> {
  const index = await read(bucket, "index.json");
  return openLayout("the bucket of images", index, bucketBlobs(bucket), { ...options, tag: name });
}

function bucketBlobs(bucket: ImageBucket): BlobSource {
  return {
    async read(digest, offset, length) {
      if (length === 0) return new Uint8Array(0);
      const name = blobName(digest);
      const bytes = await read(bucket, name, { offset, length });
      if (bytes.length === length) return bytes;
      throw imageError(name, `the bucket gave ${bytes.length} of ${length} bytes`);
    },
  };
}

async function read(
  bucket: ImageBucket,
  name: string,
  range?: { offset: number; length: number },
): Promise<Uint8Array> {
  try {
    const object = await bucket.get(name, range && { range });
    if (object) return new Uint8Array(await object.arrayBuffer());
  } catch (error) {
    throw imageError(name, (error as Error).message, error);
  }
  throw imageError(name, "is not in the bucket");
}
