/**
 * The table of contents of an eStargz layer: every entry of the tar, and where in the blob the gzip
 * members of its bytes begin. It is read only after its digest was checked, yet believed in nothing:
 * whoever built the image wrote it.
 */
import { entryPath } from "../entry-path.ts";
import type { Chunk, LayerContent, LayerEntry } from "../layer.ts";
import { type Digest, imageError, isDigest } from "../oci/digest.ts";
import { parseObject } from "../oci/manifest.ts";
import { LANDMARKS, TOC_NAME } from "./footer.ts";

/** As it stands in the JSON. */
export interface TocEntry {
  readonly name: string;
  readonly type: "dir" | "reg" | "symlink" | "hardlink" | "chunk" | "char" | "block" | "fifo";
  readonly size?: number;
  readonly modtime?: string;
  readonly linkName?: string;
  readonly mode?: number;
  readonly uid?: number;
  readonly gid?: number;
  readonly offset?: number;
  readonly innerOffset?: number;
  readonly digest?: string;
  readonly chunkOffset?: number;
  readonly chunkSize?: number;
  readonly chunkDigest?: string;
}

/** Larger tables are refused before they are unpacked. */
export const TOC_BYTES_MAX = 64 << 20;
const CHUNK_BYTES_MAX = 256 << 20;
/** Of one gzip member, unpacked as far as a chunk lies in it, and packed: deflate makes nothing much longer. */
const MEMBER_BYTES_MAX = CHUNK_BYTES_MAX + (1 << 20);
const PERMISSIONS = 0o7777;

/** `end`: where the last gzip member with file contents ends at the latest, which is where the table begins. */
export function parseToc(
  where: string,
  bytes: Uint8Array,
  blob: Digest,
  end: number,
): LayerEntry[] {
  const { version, entries } = parseObject(where, bytes);
  if (version !== 1) throw imageError(where, `version is ${version}, expected 1`);
  if (!Array.isArray(entries)) throw imageError(where, "entries is no list");
  const members = new Members(where, entries, end);
  const layer: LayerEntry[] = [];
  for (let i = 0; i < entries.length; ) {
    const entry = entries[i] as TocEntry;
    let next = i + 1;
    while ((entries[next] as TocEntry | undefined)?.type === "chunk") next++;
    const path = entryPath(where, entry?.name);
    if (path !== `/${TOC_NAME}` && !LANDMARKS.includes(path.slice(1))) {
      const read = layerEntry(`${where}: ${path}`, path, entry, () =>
        content(`${where}: ${path}`, entries.slice(i, next), blob, members),
      );
      if (read) layer.push(read);
    }
    i = next;
  }
  return layer;
}

function layerEntry(
  where: string,
  path: string,
  entry: TocEntry,
  content: () => LayerContent,
): LayerEntry | undefined {
  const common = {
    path,
    mode: integer(where, "mode", entry.mode ?? 0) & PERMISSIONS,
    uid: integer(where, "uid", entry.uid ?? 0),
    gid: integer(where, "gid", entry.gid ?? 0),
    mtime: seconds(where, entry.modtime),
  };
  switch (entry.type) {
    case "dir":
      return { ...common, kind: "directory" };
    case "reg":
      return { ...common, kind: "file", content: content() };
    case "symlink":
      return { ...common, kind: "symlink", target: linkName(where, entry) };
    case "hardlink":
      return { ...common, kind: "hardlink", target: entryPath(where, linkName(where, entry)) };
    case "char":
    case "block":
    case "fifo":
      // The kernel's own /dev covers whatever an image has there.
      if (path.startsWith("/dev/")) return undefined;
      throw imageError(where, `is a ${entry.type} device or pipe, which images cannot hold`);
    default:
      throw imageError(where, `has type ${JSON.stringify(entry.type)}, which is unknown`);
  }
}

function linkName(where: string, { linkName }: TocEntry): string {
  if (typeof linkName === "string" && linkName !== "" && !linkName.includes("\0")) return linkName;
  throw imageError(where, "is a link without a target");
}

function content(
  where: string,
  entries: readonly TocEntry[],
  blob: Digest,
  members: Members,
): LayerContent {
  const [file] = entries as readonly [TocEntry];
  const size = integer(where, "size", file.size ?? 0);
  if (size === 0) return { digest: EMPTY_DIGEST, size, blob, chunks: [] };
  const chunks: Chunk[] = [];
  let at = 0;
  for (const entry of entries) {
    if (integer(where, "chunkOffset", entry.chunkOffset ?? 0) !== at) {
      throw imageError(where, `has a gap in its chunks at ${at}`);
    }
    const length = integer(where, "chunkSize", entry.chunkSize ?? 0) || size - at;
    if (length <= 0 || length > size - at) throw imageError(where, "has chunks past its end");
    if (length > CHUNK_BYTES_MAX) throw imageError(where, `has a chunk of ${length} bytes`);
    const digest = entry.chunkDigest ?? (length === size ? file.digest : undefined);
    if (!isDigest(digest)) throw imageError(where, "has a chunk without a sha256 chunkDigest");
    chunks.push({ digest, start: at, size: length, ...members.find(where, entry) });
    at += length;
  }
  if (at !== size) throw imageError(where, `has chunks for ${at} of its ${size} bytes`);
  return { digest: (chunks[0] as Chunk).digest, size, blob, chunks };
}

/** SHA-256 of nothing. */
const EMPTY_DIGEST = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/** Where gzip members begin and end: each ends where the next one begins. */
class Members {
  readonly #starts: readonly number[];
  readonly #ends = new Map<number, number>();

  constructor(where: string, entries: readonly TocEntry[], end: number) {
    const starts = new Set<number>();
    for (const entry of entries) {
      if (entry?.type !== "reg" && entry?.type !== "chunk") continue;
      if (entry.offset !== undefined) starts.add(integer(where, "offset", entry.offset));
    }
    this.#starts = [...starts].sort((a, b) => a - b);
    for (const [i, start] of this.#starts.entries())
      this.#ends.set(start, this.#starts[i + 1] ?? end);
  }

  find(where: string, entry: TocEntry): Pick<Chunk, "offset" | "length" | "skip"> {
    const { offset } = entry;
    const end = offset === undefined ? undefined : this.#ends.get(offset);
    if (offset === undefined || end === undefined || end <= offset) {
      throw imageError(where, "has contents outside its layer");
    }
    const skip = integer(where, "innerOffset", entry.innerOffset ?? 0);
    if (skip > CHUNK_BYTES_MAX || end - offset > MEMBER_BYTES_MAX) {
      throw imageError(where, "lies in a gzip member that is too large");
    }
    return { offset, length: end - offset, skip };
  }
}

function integer(where: string, name: string, value: unknown): number {
  if (Number.isSafeInteger(value) && (value as number) >= 0) return value as number;
  throw imageError(where, `${name} is ${JSON.stringify(value)}, expected a whole number`);
}

function seconds(where: string, modtime: string | undefined): number {
  if (modtime === undefined) return 0;
  const milliseconds = Date.parse(modtime);
  if (Number.isNaN(milliseconds)) throw imageError(where, `modtime is ${modtime}, expected a time`);
  return Math.trunc(milliseconds / 1000);
}
