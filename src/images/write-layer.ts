/**
 * Writes an eStargz layer: a gzip-compressed tar to every tool, in which each file, or each 4 MiB of a
 * large one, begins a gzip member of its own, and the last file is a table of contents that says where.
 * Equal entries give equal bytes on every platform: the compressor is JavaScript, the headers hold
 * nothing but what the entries say.
 *
 * Specification: https://github.com/containerd/stargz-snapshotter/blob/main/docs/estargz.md
 */
import { gzipSync } from "fflate";
import { encodeUtf8 } from "../../kernel/bytes.ts";
import { concat } from "./codec.ts";
import { makeFooter, TOC_NAME } from "./estargz/footer.ts";
import type { TocEntry } from "./estargz/toc.ts";
import type { Digest } from "./oci/digest.ts";
import { Annotation, type Descriptor, MediaType } from "./oci/manifest.ts";
import { BLOCK, padding, type TarHeader, tarHeader } from "./tar-header.ts";

/** An entry to write. */
export interface NewEntry {
  /** Absolute and normal. */
  readonly path: string;
  readonly kind: "directory" | "file" | "symlink" | "hardlink" | "whiteout";
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly mtime: number;
  /** Symbolic links: what they say. Hard links: the path of an earlier file of the layer. */
  readonly target?: string;
  /** Files: their bytes, or what gives them. */
  readonly bytes?: Uint8Array | (() => Uint8Array | Promise<Uint8Array>);
}

/** An incremental SHA-256, of the host or of a library. */
export interface Hasher {
  update(bytes: Uint8Array): void;
  /** In hex. */
  digest(): string;
}

export interface LayerOptions {
  readonly newHasher: () => Hasher;
  /** Hears of uncompressed bytes that were written. */
  readonly onProgress?: ((bytes: number) => void) | undefined;
}

export interface WrittenLayer {
  readonly descriptor: Descriptor;
  /** Of the uncompressed tar. */
  readonly diffId: Digest;
  /** Of the contents, uncompressed. */
  readonly contentBytes: number;
}

/** A larger file is cut into chunks of this size. */
const CHUNK_BYTES = 4 << 20;
const LEVEL = 9;

/** `entries` in the order that they shall have; `emit` gets the blob, piece by piece. */
export async function writeLayer(
  entries: Iterable<NewEntry>,
  emit: (bytes: Uint8Array) => unknown,
  options: LayerOptions,
): Promise<WrittenLayer> {
  const writer = new LayerWriter(emit, options);
  for (const entry of entries) await writer.add(entry);
  return writer.finish();
}

class LayerWriter {
  readonly #emit: (bytes: Uint8Array) => unknown;
  readonly #options: LayerOptions;
  readonly #blobHash: Hasher;
  readonly #tarHash: Hasher;
  readonly #toc: TocEntry[] = [];
  /** What the gzip member that is being gathered holds. */
  #member: Uint8Array[] = [];
  /** Bytes of the blob so far. */
  #written = 0;
  #tarBytes = 0;
  #contentBytes = 0;

  constructor(emit: (bytes: Uint8Array) => unknown, options: LayerOptions) {
    this.#emit = emit;
    this.#options = options;
    this.#blobHash = options.newHasher();
    this.#tarHash = options.newHasher();
  }

  async add(entry: NewEntry): Promise<void> {
    const bytes = await bytesOf(entry);
    const header = headerOf(entry, bytes.length);
    this.#put(tarHeader(header));
    const common = commonOf(header);
    if (header.type !== "file") {
      this.#toc.push(linkOf(common, header));
      return;
    }
    if (bytes.length === 0) this.#toc.push({ ...common, digest: `sha256:${this.#hash(bytes)}` });
    const digest = bytes.length > CHUNK_BYTES ? `sha256:${this.#hash(bytes)}` : undefined;
    for (let at = 0; at < bytes.length; at += CHUNK_BYTES) {
      await this.#flush();
      const chunk = bytes.subarray(at, at + CHUNK_BYTES);
      const chunkDigest = `sha256:${this.#hash(chunk)}`;
      const place = { offset: this.#written, chunkDigest };
      if (digest === undefined) this.#toc.push({ ...common, ...place, digest: chunkDigest });
      else {
        const part = { chunkOffset: at, chunkSize: chunk.length };
        const what =
          at === 0 ? { ...common, digest } : { name: common.name, type: "chunk" as const };
        this.#toc.push({ ...what, ...place, ...part });
      }
      this.#put(chunk);
    }
    this.#put(new Uint8Array(padding(bytes.length)));
    this.#contentBytes += bytes.length;
    this.#options.onProgress?.(bytes.length);
  }

  async finish(): Promise<WrittenLayer> {
    await this.#flush();
    const tocOffset = this.#written;
    const toc = encodeUtf8(JSON.stringify({ version: 1, entries: this.#toc }));
    this.#put(tarHeader({ ...TOC_HEADER, size: toc.length }));
    this.#put(toc);
    this.#put(new Uint8Array(padding(toc.length) + 2 * BLOCK));
    await this.#flush();
    await this.#out(makeFooter(tocOffset));
    return {
      descriptor: {
        mediaType: MediaType.layer,
        digest: `sha256:${this.#blobHash.digest()}`,
        size: this.#written,
        annotations: {
          [Annotation.tocDigest]: `sha256:${this.#hash(toc)}`,
          [Annotation.tocOffset]: String(tocOffset),
          [Annotation.uncompressedSize]: String(this.#tarBytes),
        },
      },
      diffId: `sha256:${this.#tarHash.digest()}`,
      contentBytes: this.#contentBytes,
    };
  }

  #put(bytes: Uint8Array): void {
    this.#tarHash.update(bytes);
    this.#tarBytes += bytes.length;
    this.#member.push(bytes);
  }

  async #flush(): Promise<void> {
    if (this.#member.length === 0) return;
    const pieces = this.#member;
    const whole = concat(
      pieces,
      pieces.reduce((sum, { length }) => sum + length, 0),
    );
    this.#member = [];
    await this.#out(gzipSync(whole, { level: LEVEL, mtime: 0 }));
  }

  async #out(bytes: Uint8Array): Promise<void> {
    this.#blobHash.update(bytes);
    this.#written += bytes.length;
    await this.#emit(bytes);
  }

  #hash(bytes: Uint8Array): string {
    const hasher = this.#options.newHasher();
    hasher.update(bytes);
    return hasher.digest();
  }
}

const TOC_HEADER = { name: TOC_NAME, type: "file", mode: 0o444, uid: 0, gid: 0, mtime: 0 } as const;

async function bytesOf({ kind, bytes }: NewEntry): Promise<Uint8Array> {
  if (kind !== "file" || bytes === undefined) return new Uint8Array(0);
  return typeof bytes === "function" ? bytes() : bytes;
}

function headerOf(entry: NewEntry, size: number): TarHeader {
  const { path, kind, mode, uid, gid, mtime, target } = entry;
  const name = path.slice(1);
  const common = { mode, uid, gid, mtime, size };
  switch (kind) {
    case "directory":
      return { ...common, name: `${name === "" ? "." : name}/`, type: "directory" };
    case "whiteout":
      return { ...common, name: name.replace(/[^/]*$/, ".wh.$&"), type: "file", size: 0 };
    case "hardlink":
      return { ...common, name, type: "hardlink", target: target?.slice(1) ?? "" };
    case "symlink":
      return { ...common, name, type: "symlink", target: target ?? "" };
    case "file":
      return { ...common, name, type: "file" };
  }
}

const TOC_TYPES = {
  directory: "dir",
  file: "reg",
  symlink: "symlink",
  hardlink: "hardlink",
  "character-device": "char",
  "block-device": "block",
  fifo: "fifo",
} as const;

function commonOf({ name, type, mode, uid, gid, mtime, size }: TarHeader) {
  return {
    name,
    type: TOC_TYPES[type],
    ...(size === 0 ? {} : { size }),
    modtime: new Date(mtime * 1000).toISOString().replace(".000Z", "Z"),
    mode,
    ...(uid === 0 ? {} : { uid }),
    ...(gid === 0 ? {} : { gid }),
  };
}

function linkOf(common: ReturnType<typeof commonOf>, { target }: TarHeader): TocEntry {
  return target === undefined ? common : { ...common, linkName: target };
}
