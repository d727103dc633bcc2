/** Blobs of an OCI layout in a folder of the host. Files stay open, so that a layout may be replaced. */
import { closeSync, openSync, readSync } from "node:fs";
import { join } from "node:path";
import type { BlobSource } from "../blob-source.ts";
import { type Digest, hexOf, imageError } from "../oci/digest.ts";

export function blobPath(folder: string, digest: Digest): string {
  return join(folder, "blobs", "sha256", hexOf(digest));
}

export class FolderBlobs implements BlobSource {
  readonly #folder: string;
  readonly #descriptors = new Map<Digest, number>();
  #closed = false;

  constructor(folder: string) {
    this.#folder = folder;
  }

  async read(digest: Digest, offset: number, length: number): Promise<Uint8Array> {
    return this.readSync(digest, offset, length);
  }

  readSync(digest: Digest, offset: number, length: number): Uint8Array {
    const bytes = new Uint8Array(length);
    const path = blobPath(this.#folder, digest);
    try {
      const descriptor = this.#open(digest, path);
      for (let done = 0; done < length; ) {
        const count = readSync(descriptor, bytes, done, length - done, offset + done);
        if (count === 0) throw new Error(`it ends ${length - done} bytes early`);
        done += count;
      }
    } catch (error) {
      throw imageError(path, (error as Error).message, error);
    }
    return bytes;
  }

  close(): void {
    this.#closed = true;
    for (const descriptor of this.#descriptors.values()) closeSync(descriptor);
    this.#descriptors.clear();
  }

  #open(digest: Digest, path: string): number {
    const known = this.#descriptors.get(digest);
    if (known !== undefined) return known;
    if (this.#closed) throw new Error("the image was closed");
    const descriptor = openSync(path, "r");
    this.#descriptors.set(digest, descriptor);
    return descriptor;
  }
}
