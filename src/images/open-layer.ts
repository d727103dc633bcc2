/**
 * Opens a layer: its table of contents, verified, and with it all that is needed to find a file's bytes
 * later. Small layers are read whole, since one request is cheaper than two.
 */
import { decodeUtf8, encodeUtf8 } from "../../kernel/bytes.ts";
import { type BlobSource, readVerified } from "./blob-source.ts";
import type { Codec } from "./codec.ts";
import { FOOTER_BYTES, parseFooter, TOC_NAME } from "./estargz/footer.ts";
import { parseToc, TOC_BYTES_MAX } from "./estargz/toc.ts";
import type { LayerContent, LayerEntry } from "./layer.ts";
import { checkDigest, imageError, isDigest } from "./oci/digest.ts";
import { Annotation, type Descriptor } from "./oci/manifest.ts";

export interface Layer {
  readonly where: string;
  readonly entries: readonly LayerEntry[];
  /** Where its files' bytes are read: the blobs it was opened from, or memory. */
  readonly blobs: BlobSource;
}

const TAR_BLOCK = 512;
const SIZE_FIELD = { start: 124, end: 136 };
/** Deflate's own bound: nothing unpacks to more. */
const RATIO_MAX = 1032;
/** A layer up to this size is fetched at once, with its files. */
const WHOLE_BYTES = 96 << 10;

export async function openLayer(
  layer: Descriptor,
  blobs: BlobSource,
  codec: Codec,
): Promise<Layer> {
  const where = `layer ${layer.digest}`;
  const tocDigest = layer.annotations?.[Annotation.tocDigest];
  if (!isDigest(tocDigest)) {
    throw imageError(where, `has no table of contents (annotation ${Annotation.tocDigest})`);
  }
  const near = layer.size <= WHOLE_BYTES ? await readWhole(layer, blobs, codec) : blobs;
  const offset = await findToc(where, layer, near);
  const end = layer.size - FOOTER_BYTES;
  const part = { digest: layer.digest, offset, length: end - offset };
  const json = await readVerified(near, part, async (packed) => {
    const bytes = await unpackToc(where, packed, codec);
    checkDigest(`${where}: table of contents`, tocDigest, await codec.sha256(bytes));
    return bytes;
  });
  const entries = parseToc(`${where}: table of contents`, json, layer.digest, offset);
  return { where, entries: await Promise.all(entries.map((e) => named(e, codec))), blobs: near };
}

async function readWhole(
  { digest, size }: Descriptor,
  blobs: BlobSource,
  codec: Codec,
): Promise<BlobSource> {
  const bytes = await readVerified(blobs, { digest, offset: 0, length: size }, async (read) => {
    checkDigest(`layer ${digest}`, digest, await codec.sha256(read));
    return read;
  });
  const part = (offset: number, length: number) => bytes.subarray(offset, offset + length);
  return {
    read: async (_, offset, length) => part(offset, length),
    readSync: (_, offset, length) => part(offset, length),
  };
}

async function findToc(where: string, layer: Descriptor, blobs: BlobSource): Promise<number> {
  const { size, digest, annotations } = layer;
  const told = annotations?.[Annotation.tocOffset];
  let offset: number | undefined;
  if (told !== undefined && /^\d{1,15}$/.test(told)) offset = Number(told);
  else if (size > FOOTER_BYTES) {
    offset = parseFooter(await blobs.read(digest, size - FOOTER_BYTES, FOOTER_BYTES));
  }
  if (offset === undefined || offset < 0 || offset >= size - FOOTER_BYTES) {
    throw imageError(where, "has no eStargz footer, or a wrong one");
  }
  if (size - offset > TOC_BYTES_MAX) throw imageError(where, "has too large a table of contents");
  return offset;
}

/** The table is the last file of the tar: a header, and the JSON behind it. */
async function unpackToc(where: string, packed: Uint8Array, codec: Codec): Promise<Uint8Array> {
  try {
    const limit = Math.min(TOC_BYTES_MAX, packed.length * RATIO_MAX);
    const tar = await codec.gunzip(packed, limit);
    const name = decodeUtf8(tar, 0, TOC_NAME.length);
    const size = Number.parseInt(decodeUtf8(tar, SIZE_FIELD.start, SIZE_FIELD.end), 8);
    if (name !== TOC_NAME || !(TAR_BLOCK + size <= tar.length)) throw new Error(`no ${TOC_NAME}`);
    return tar.subarray(TAR_BLOCK, TAR_BLOCK + size);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw imageError(where, `the table of contents cannot be read: ${reason}`, error);
  }
}

/** A content of several chunks gets its name from all of theirs. */
async function named(entry: LayerEntry, codec: Codec): Promise<LayerEntry> {
  const { content } = entry;
  if (!content || content.chunks.length < 2) return entry;
  const all = content.chunks.map(({ digest }) => digest).join("\n");
  const digest = `sha256:${await codec.sha256(encodeUtf8(all))}`;
  return { ...entry, content: { ...content, digest } satisfies LayerContent };
}
