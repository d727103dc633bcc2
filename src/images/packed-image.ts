/**
 * A packed image, opened. Opening reads the index alone; a command's bytes are read when it first runs.
 */
import { closeSync, openSync, readFileSync, readSync } from "node:fs";
import { Errno, KernelError } from "../../kernel/index.ts";
import type { ImageContent, ImageEntry, ImageSource } from "../../kernel/vfs/image-source.ts";
import { blobPath, FORMAT, type ImageIndex, indexPath, type PackedContent } from "./image-index.ts";

export class PackedImage implements ImageSource {
  readonly entries: readonly ImageEntry[];
  #descriptor: number | undefined;

  private constructor(index: ImageIndex, descriptor: number) {
    this.entries = index.entries;
    this.#descriptor = descriptor;
  }

  static open(folder: string): PackedImage {
    const index = readIndex(folder);
    try {
      return new PackedImage(index, openSync(blobPath(folder, index), "r"));
    } catch (error) {
      // A build may have swapped the image between the two reads.
      const newer = readIndex(folder);
      if (newer.blob.digest === index.blob.digest) throw error;
      return new PackedImage(newer, openSync(blobPath(folder, newer), "r"));
    }
  }

  read(content: ImageContent, offset: number, length: number): Uint8Array {
    if (this.#descriptor === undefined) throw new KernelError(Errno.EIO);
    const bytes = new Uint8Array(length);
    const start = (content as PackedContent).offset + offset;
    for (let done = 0; done < length; ) {
      const count = readOrFail(this.#descriptor, bytes, done, start + done);
      if (count === 0) throw new KernelError(Errno.EIO);
      done += count;
    }
    return bytes;
  }

  close(): void {
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
    this.#descriptor = undefined;
  }
}

function readIndex(folder: string): ImageIndex {
  const index = JSON.parse(readFileSync(indexPath(folder), "utf8")) as ImageIndex;
  if (index.format !== FORMAT) {
    throw new Error(
      `the image in ${folder} has format ${index.format}, expected ${FORMAT}: build it again`,
    );
  }
  return index;
}

function readOrFail(descriptor: number, target: Uint8Array, at: number, position: number): number {
  try {
    return readSync(descriptor, target, at, target.length - at, position);
  } catch {
    throw new KernelError(Errno.EIO);
  }
}
