/**
 * What a layer holds, before layers are put on each other. An eStargz layer tells it by its table of
 * contents, a plain one by its tar headers.
 */
import type { ImageContent } from "../../kernel/vfs/image-source.ts";
import type { Digest } from "./oci/digest.ts";

export interface LayerEntry {
  /** Absolute and normal. */
  readonly path: string;
  readonly kind: "directory" | "file" | "symlink" | "hardlink";
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Seconds since 1970. */
  readonly mtime: number;
  readonly content?: LayerContent;
  /** Symbolic links: what they say. Hard links: the absolute path of another entry. */
  readonly target?: string;
}

/**
 * A file's bytes as the chunks that they are fetched by. Its digest names it among all contents: one
 * chunk's own, or for several the digest of theirs, since nobody checks what an image claims about the
 * whole when only a part of it is read.
 */
export interface LayerContent extends ImageContent {
  /** The layer's blob. */
  readonly blob: Digest;
  /** In order, without gaps; none for an empty file. */
  readonly chunks: readonly Chunk[];
}

export interface Chunk {
  /** Of the uncompressed bytes. */
  readonly digest: Digest;
  /** Where it stands in the file. */
  readonly start: number;
  readonly size: number;
  /** The compressed bytes in the blob. */
  readonly offset: number;
  readonly length: number;
  /** Bytes of the uncompressed stream before it. */
  readonly skip: number;
}

export const WHITEOUT = ".wh.";
export const OPAQUE = ".wh..wh..opq";
