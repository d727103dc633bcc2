/** SHA-256 and gunzip on Node, at once. */
import { createHash } from "node:crypto";
import { gunzipSync } from "node:zlib";
import type { Codec, SyncCodec } from "../codec.ts";

/** Headers of directories and links that may follow a file in its gzip member. */
const TRAILER_BYTES = 64 << 20;
/** With room for a file, its padding and the next header in one piece, nothing is copied together. */
const PADDING_BYTES = 4096;
/** Where a stream says that it unpacks to less: it may be several. */
const ROOM_BYTES_MIN = 64 << 10;
/** Of the field at a gzip stream's end. */
const SIZE_BYTES = 4;
const PIECE_BYTES_MAX = (4 << 20) + PADDING_BYTES;

const sync: SyncCodec = {
  sha256: (bytes) => createHash("sha256").update(bytes).digest("hex"),
  gunzip(bytes, limit) {
    const room = Math.min(limit, Math.max(claimedSize(bytes), ROOM_BYTES_MIN)) + PADDING_BYTES;
    const whole = gunzipSync(bytes, {
      maxOutputLength: limit + TRAILER_BYTES,
      chunkSize: Math.min(room, PIECE_BYTES_MAX),
    });
    return whole.length <= limit ? whole : whole.subarray(0, limit);
  },
};

export const nodeCodec: Codec = {
  sha256: async (bytes) => sync.sha256(bytes),
  gunzip: async (bytes, limit) => sync.gunzip(bytes, limit),
  sync,
};

/** What the stream's end says that it unpacks to: a hint, which nobody has verified. */
function claimedSize(bytes: Uint8Array): number {
  if (bytes.length < SIZE_BYTES) return 0;
  const { buffer, byteOffset, length } = bytes;
  return new DataView(buffer, byteOffset, length).getUint32(length - SIZE_BYTES, true);
}
