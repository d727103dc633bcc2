/**
 * Opens an image from an OCI layout that a web server serves as plain files (`index.json`,
 * `blobs/sha256/...`), in a tab, at the edge or on Node.
 */
import { cachedBlobs, type RangeCache } from "./cached-blobs.ts";
import { type Codec, webCodec } from "./codec.ts";
import { Contents } from "./contents.ts";
import { type FetchLike, fetchDocument, HttpBlobs, type Patience } from "./http-blobs.ts";
import type { Image } from "./image.ts";
import { chooseManifest } from "./oci/choose-manifest.ts";
import { hexOf } from "./oci/digest.ts";
import { DOCUMENT_BYTES_MAX, parseIndex } from "./oci/manifest.ts";
import { openImage, readDocument } from "./open-image.ts";

export interface HttpImageOptions {
  /** Instead of the global fetch: an assets binding, a service worker's. */
  readonly fetch?: FetchLike;
  /** Keeps what was fetched. */
  readonly cache?: RangeCache | undefined;
  /** Which image of the layout: a tag or a manifest's digest. Default: its only one, or `latest`. */
  readonly tag?: string;
  readonly codec?: Codec;
  /** Shared by the images of a thread, to share its bound of memory. */
  readonly contents?: Contents;
  readonly patience?: Patience;
  /** Hears why a file's bytes could not be had; the guest gets EIO. */
  readonly onFault?: (error: unknown) => void;
}

/** `base` is the URL of the layout's folder. */
export async function openHttpImage(base: string, options: HttpImageOptions = {}): Promise<Image> {
  const { codec = webCodec, fetch, cache, patience, onFault } = options;
  const contents = options.contents ?? new Contents({ codec, onFault });
  const root = base.endsWith("/") ? base : `${base}/`;
  const url = (digest: string) => `${root}blobs/sha256/${hexOf(digest)}`;
  const http = new HttpBlobs({ url, fetch, patience });
  const blobs = cache ? cachedBlobs(http, cache) : http;
  const bytes = await fetchDocument(`${root}index.json`, DOCUMENT_BYTES_MAX, fetch, patience);
  const manifest = chooseManifest(base, parseIndex(`${base}: index.json`, bytes), options.tag);
  const document = await readDocument(`${base}: manifest`, manifest, blobs, codec);
  return openImage(document, manifest.digest, blobs, { reference: base, codec, contents });
}
