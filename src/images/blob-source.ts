/**
 * Where the blobs of images come from: a folder, a web server, a registry, a cache in front of one of
 * them. What a source gives is unverified; whoever reads checks it against a digest.
 */
import type { Digest } from "./oci/digest.ts";

export interface BlobSource {
  /**
   * `length` bytes of the blob from `offset`, all of them or a rejection with an IsopodError that says
   * what stood in the way.
   */
  read(digest: Digest, offset: number, length: number): Promise<Uint8Array>;
  /** The same at once, where the host can: a local file on Node. */
  readSync?(digest: Digest, offset: number, length: number): Uint8Array;
  /** These bytes proved wrong: a cache drops them, so that the next read asks the origin. */
  forget?(digest: Digest, offset: number, length: number): Promise<void>;
  /** Lets go of files and connections. */
  close?(): void;
}

/**
 * What `use` makes of a part of a blob, once it has verified it. Where it rejects and there is a cache
 * that may hold damaged bytes, the origin is asked once more.
 */
export async function readVerified<T>(
  blobs: BlobSource,
  { digest, offset, length }: BlobPart,
  use: (bytes: Uint8Array) => Promise<T>,
): Promise<T> {
  try {
    return await use(await blobs.read(digest, offset, length));
  } catch (error) {
    if (!blobs.forget) throw error;
    await blobs.forget(digest, offset, length);
    return use(await blobs.read(digest, offset, length));
  }
}

export interface BlobPart {
  readonly digest: Digest;
  readonly offset: number;
  readonly length: number;
}
