/** SHA-256 and gunzip on Node, at once. */
import { createHash } from "node:crypto";
import { gunzipSync } from "node:zlib";
import type { Codec, SyncCodec } from "../codec.ts";

/** Headers of directories and links that may follow a file in its gzip member. */
const TRAILER_BYTES = 64 << 20;

const sync: SyncCodec = {
  sha256: (bytes) => createHash("sha256").update(bytes).digest("hex"),
  gunzip(bytes, size) {
    const whole = gunzipSync(bytes, { maxOutputLength: size + TRAILER_BYTES });
    if (whole.length < size) throw new Error("the compressed data end too early");
    return whole.length === size ? whole : whole.subarray(0, size);
  },
};

export const nodeCodec: Codec = {
  sha256: async (bytes) => sync.sha256(bytes),
  gunzip: async (bytes, size) => sync.gunzip(bytes, size),
  sync,
};
