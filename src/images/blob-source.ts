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
