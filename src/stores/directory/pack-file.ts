/**
 * A pack: many chunks in one file, so that a commit of a thousand small ones costs the disk one sync.
 * Written once, whole; what changes is only which packs there are.
 *
 *     "isopack1", how many (32 bits, little-endian), for each its hash (32 bytes) and length (32 bits),
 *     then their bytes in that order
 */
import { type FileHandle, open } from "node:fs/promises";
import { CHUNK_BYTES_MAX, type Hash, type StoredChunk } from "../../../kernel/state/chunk-store.ts";

const MAGIC = "isopack1";
const HEAD_BYTES = MAGIC.length + 4;
const HASH_BYTES = 32;
const ENTRY_BYTES = HASH_BYTES + 4;

export interface PackEntry {
  readonly offset: number;
  readonly length: number;
}

export type PackEntries = ReadonlyMap<Hash, PackEntry>;

/** The pack of these chunks, and where each lies in it. */
export function makePack(chunks: readonly StoredChunk[]): {
  readonly file: Buffer;
  readonly entries: PackEntries;
} {
  const entries = new Map<Hash, PackEntry>();
  const index = Buffer.alloc(HEAD_BYTES + chunks.length * ENTRY_BYTES);
  index.write(MAGIC, "latin1");
  index.writeUInt32LE(chunks.length, MAGIC.length);
  let offset = index.length;
  for (const [i, { hash, bytes }] of chunks.entries()) {
    entries.set(hash, { offset, length: bytes.length });
    offset += bytes.length;
    const at = HEAD_BYTES + i * ENTRY_BYTES;
    index.write(hash, at, "hex");
    index.writeUInt32LE(bytes.length, at + HASH_BYTES);
  }
  return { file: Buffer.concat([index, ...chunks.map(({ bytes }) => bytes)]), entries };
}

/** Where each chunk lies; undefined where the file is no whole pack. */
export async function readPackIndex(path: string): Promise<PackEntries | undefined> {
  const file = await open(path, "r");
  try {
    return await readIndex(file);
  } finally {
    await file.close();
  }
}

async function readIndex(file: FileHandle): Promise<PackEntries | undefined> {
  const { size } = await file.stat();
  const head = await readExactly(file, 0, HEAD_BYTES);
  if (head?.toString("latin1", 0, MAGIC.length) !== MAGIC) return undefined;
  const count = head.readUInt32LE(MAGIC.length);
  let offset = HEAD_BYTES + count * ENTRY_BYTES;
  const index =
    offset > size ? undefined : await readExactly(file, HEAD_BYTES, offset - HEAD_BYTES);
  if (!index) return undefined;
  const entries = new Map<Hash, PackEntry>();
  for (let at = 0; at < index.length; at += ENTRY_BYTES) {
    const length = index.readUInt32LE(at + HASH_BYTES);
    if (length > CHUNK_BYTES_MAX) return undefined;
    entries.set(index.toString("hex", at, at + HASH_BYTES), { offset, length });
    offset += length;
  }
  return offset === size ? entries : undefined;
}

async function readExactly(
  file: FileHandle,
  position: number,
  length: number,
): Promise<Buffer | undefined> {
  const buffer = Buffer.alloc(length);
  const { bytesRead } = await file.read(buffer, 0, length, position);
  return bytesRead === length ? buffer : undefined;
}
