/**
 * The form of a packed image on disk: a folder in which `index.json` lists every entry and where its
 * bytes lie, and one `<sha256>.blob` holds each distinct content once. The index names the blob, so
 * that swapping the index swaps the image.
 */
import { join } from "node:path";
import type { ImageContent, ImageEntry } from "../../kernel/vfs/image-source.ts";

export const FORMAT = 1;

export interface PackedContent extends ImageContent {
  /** Where the bytes begin in the blob. */
  readonly offset: number;
}

export interface PackedEntry extends ImageEntry {
  readonly content?: PackedContent;
}

export interface ImageIndex {
  readonly format: number;
  /** Digest of all that the image was built from. */
  readonly inputs: string;
  readonly blob: { readonly digest: string; readonly size: number };
  readonly entries: readonly PackedEntry[];
}

export function indexPath(folder: string): string {
  return join(folder, "index.json");
}

export function blobPath(folder: string, index: ImageIndex): string {
  return join(folder, `${index.blob.digest.replace("sha256:", "")}.blob`);
}
