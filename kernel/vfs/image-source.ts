/**
 * What a read-only image file system reads from: a list of entries, known at once, and contents that
 * are fetched when they are first used. The layers of an OCI image, in a folder or behind HTTP ranges,
 * are a source (src/images/open-image.ts). One source serves every machine of a process, so nothing in
 * it may change.
 */

/** One name of the image. Parents come before their children; the first entry is the root, "/". */
export interface ImageEntry {
  /** Absolute and normal: no "." or "..", no trailing slash but the root's. */
  readonly path: string;
  readonly kind: "directory" | "file" | "symlink";
  /** Permission bits, 07777 at most. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Seconds since 1970. */
  readonly mtime: number;
  /** Files only. */
  readonly content?: ImageContent;
  /** Symbolic links only. */
  readonly target?: string;
}

/** A file's bytes; equal digests mean equal bytes, so files may share one content. */
export interface ImageContent {
  /** `sha256:` and 64 hex digits: of the bytes, or of a long file's chunks. */
  readonly digest: string;
  readonly size: number;
}

export interface ImageSource {
  readonly entries: readonly ImageEntry[];
  /**
   * `length` bytes of `content` from `offset`, which lie inside it; the caller may keep but not change
   * them. Throws sleepFor(promise) while they are being fetched, KernelError EIO when they cannot be.
   */
  read(content: ImageContent, offset: number, length: number): Uint8Array;
}
