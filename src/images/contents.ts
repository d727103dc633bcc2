/**
 * The contents of an image's files, fetched chunk by chunk when they are first read, and never handed
 * out unverified. Recent chunks stay in memory up to a bound; readers that want the same one share its
 * fetch. One object serves all images and machines of a thread.
 */
import { Errno, KernelError, sleepFor } from "../../kernel/index.ts";
import { IsopodError } from "../errors.ts";
import { type BlobSource, readVerified } from "./blob-source.ts";
import type { Codec } from "./codec.ts";
import type { Chunk, LayerContent } from "./layer.ts";
import { checkDigest, type Digest, imageError } from "./oci/digest.ts";

/** Bytes of chunks that are kept; one file's chunks are, however large it is. */
const KEEP_BYTES = 48 << 20;

/** Chunks as they are when uncompressed, kept by the host where that is quicker than to fetch again. */
export interface PlainCache {
  /** Unverified. */
  get(digest: Digest, size: number): Uint8Array | undefined;
  put(digest: Digest, bytes: Uint8Array): void;
}

export interface ContentsOptions {
  readonly codec: Codec;
  readonly plain?: PlainCache | undefined;
  readonly keepBytes?: number;
  /** Hears why a read failed; the guest gets EIO. */
  readonly onFault?: ((error: unknown) => void) | undefined;
}

export class Contents {
  readonly #codec: Codec;
  readonly #plain: PlainCache | undefined;
  readonly #onFault: ((error: unknown) => void) | undefined;
  readonly #keepBytes: number;
  /** Least recently used first. */
  readonly #kept = new Map<Digest, Uint8Array>();
  readonly #coming = new Map<Digest, Promise<void>>();
  #keptBytes = 0;

  constructor({ codec, plain, keepBytes = KEEP_BYTES, onFault }: ContentsOptions) {
    this.#codec = codec;
    this.#plain = plain;
    this.#keepBytes = keepBytes;
    this.#onFault = onFault;
  }

  /** As ImageSource.read. */
  read(blobs: BlobSource, content: LayerContent, offset: number, length: number): Uint8Array {
    const end = offset + length;
    const wanted = content.chunks.filter(({ start, size }) => start < end && start + size > offset);
    const found: Uint8Array[] = [];
    const missing: Promise<void>[] = [];
    for (const chunk of wanted) {
      const bytes = this.#find(blobs, content, chunk);
      if (bytes) found.push(bytes);
      else missing.push(this.#fetch(blobs, content, chunk));
    }
    if (missing.length > 0) return sleepFor(Promise.all(missing));
    this.#trim(content.size);
    const [first] = wanted;
    if (!first) return new Uint8Array(length);
    if (wanted.length === 1) {
      return (found[0] as Uint8Array).subarray(offset - first.start, end - first.start);
    }
    const whole = new Uint8Array(length);
    for (const [i, { start }] of wanted.entries()) {
      const bytes = found[i] as Uint8Array;
      const from = Math.max(offset - start, 0);
      whole.set(bytes.subarray(from, Math.min(end - start, bytes.length)), start + from - offset);
    }
    return whole;
  }

  #find(blobs: BlobSource, content: LayerContent, chunk: Chunk): Uint8Array | undefined {
    const kept = this.#kept.get(chunk.digest);
    if (kept) {
      this.#kept.delete(chunk.digest);
      this.#kept.set(chunk.digest, kept);
      return kept;
    }
    const { sync } = this.#codec;
    if (!sync) return undefined;
    const plain = this.#plain?.get(chunk.digest, chunk.size);
    if (plain && `sha256:${sync.sha256(plain)}` === chunk.digest) return this.#keep(chunk, plain);
    if (!blobs.readSync) return undefined;
    try {
      const packed = blobs.readSync(content.blob, chunk.offset, chunk.length);
      const { skip, size } = chunk;
      const bytes = sync.gunzip(packed, skip + size).subarray(skip);
      checkDigest(placeOf(content, chunk), chunk.digest, sync.sha256(bytes));
      this.#plain?.put(chunk.digest, bytes);
      return this.#keep(chunk, bytes);
    } catch (error) {
      throw this.#fault(placeOf(content, chunk), error);
    }
  }

  #fetch(blobs: BlobSource, content: LayerContent, chunk: Chunk): Promise<void> {
    let coming = this.#coming.get(chunk.digest);
    if (!coming) {
      coming = this.#arrive(blobs, content, chunk).finally(() => this.#coming.delete(chunk.digest));
      // Whoever asked may be gone by the time that it fails.
      coming.catch(() => {});
      this.#coming.set(chunk.digest, coming);
    }
    return coming;
  }

  async #arrive(blobs: BlobSource, content: LayerContent, chunk: Chunk): Promise<void> {
    try {
      const { offset, length } = chunk;
      const part = { digest: content.blob, offset, length };
      const bytes = await readVerified(blobs, part, (packed) =>
        this.#unpack(packed, content, chunk),
      );
      this.#plain?.put(chunk.digest, bytes);
      this.#keep(chunk, bytes);
    } catch (error) {
      throw this.#fault(placeOf(content, chunk), error);
    }
  }

  async #unpack(packed: Uint8Array, content: LayerContent, chunk: Chunk): Promise<Uint8Array> {
    const bytes = await this.#codec.gunzip(packed, chunk.skip + chunk.size);
    const own = chunk.skip === 0 ? bytes : bytes.slice(chunk.skip);
    checkDigest(placeOf(content, chunk), chunk.digest, await this.#codec.sha256(own));
    return own;
  }

  #fault(where: string, error: unknown): KernelError {
    const told = error instanceof IsopodError;
    const reason = error instanceof Error ? error.message : String(error);
    this.#onFault?.(told ? error : imageError(where, reason, error));
    return new KernelError(Errno.EIO);
  }

  #keep(chunk: Chunk, bytes: Uint8Array): Uint8Array {
    if (!this.#kept.has(chunk.digest)) this.#keptBytes += bytes.length;
    this.#kept.set(chunk.digest, bytes);
    return bytes;
  }

  /** Called when a read has all that it wants, so that no chunk goes between its coming and its use. */
  #trim(fileSize: number): void {
    const bound = Math.max(this.#keepBytes, fileSize);
    for (const [digest, bytes] of this.#kept) {
      if (this.#keptBytes <= bound) break;
      this.#kept.delete(digest);
      this.#keptBytes -= bytes.length;
    }
  }
}

function placeOf({ blob }: LayerContent, { offset }: Chunk): string {
  return `layer ${blob}, chunk at ${offset}`;
}
