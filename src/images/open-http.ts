/**
 * Opens an image from an OCI layout that a web server serves as plain files (`index.json`,
 * `blobs/sha256/...`), in a tab, at the edge or on Node.
 */
import { cachedBlobs, type RangeCache } from "./cached-blobs.ts";
import { type FetchLike, fetchDocument, HttpBlobs, type Patience } from "./http-blobs.ts";
import type { Image } from "./image.ts";
import { DOCUMENT_BYTES_MAX } from "./oci/manifest.ts";
import { blobName, type LayoutOptions, openLayout } from "./open-layout.ts";

export interface HttpImageOptions extends LayoutOptions {
  /** Instead of the global fetch: an assets binding, a service worker's. */
  readonly fetch?: FetchLike;
  /** Keeps what was fetched. */
  readonly cache?: RangeCache | undefined;
  readonly patience?: Patience;
}

/** `base` is the URL of the layout's folder. */
export async function openHttpImage(base: string, options: HttpImageOptions = {}): Promise<Image> {
  const { fetch, cache, patience } = options;
  const root = base.endsWith("/") ? base : `${base}/`;
  const url = (digest: string) => `${root}${blobName(digest)}`;
  const http = new HttpBlobs({ url, fetch, patience });
  const blobs = cache ? cachedBlobs(http, cache) : http;
  const index = await fetchDocument(`${root}index.json`, DOCUMENT_BYTES_MAX, fetch, patience);
  return openLayout(base, index, blobs, options);
}
