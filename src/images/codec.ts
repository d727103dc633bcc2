/**
 * SHA-256 and gunzip as a host has them. The Web's answers later, on every host; Node's answers at
 * once (node-codec.ts), so that a local command's first run waits for no turn of the event loop.
 */

export interface Codec {
  /** In hex. */
  sha256(bytes: Uint8Array): Promise<string>;
  /** What a gzip stream holds, but no more than its first `limit` bytes. */
  gunzip(bytes: Uint8Array, limit: number): Promise<Uint8Array>;
  readonly sync?: SyncCodec;
}

export interface SyncCodec {
  sha256(bytes: Uint8Array): string;
  gunzip(bytes: Uint8Array, limit: number): Uint8Array;
}

export const webCodec: Codec = {
  async sha256(bytes) {
    const hash = await crypto.subtle.digest("SHA-256", bytes as Uint8Array<ArrayBuffer>);
    return toHex(new Uint8Array(hash));
  },

  async gunzip(bytes, limit) {
    const stream = new Blob([bytes as Uint8Array<ArrayBuffer>])
      .stream()
      .pipeThrough(new DecompressionStream("gzip"));
    const reader = stream.getReader();
    const pieces: Uint8Array[] = [];
    let size = 0;
    // What follows in the stream (padding, the next file's header) is of no interest.
    while (size < limit) {
      const { done, value } = await reader.read();
      if (done) break;
      pieces.push(value);
      size += value.length;
    }
    void reader.cancel().catch(() => {});
    return concat(pieces, Math.min(size, limit));
  },
};

/** The first `size` bytes of all pieces together. */
export function concat(pieces: readonly Uint8Array[], size: number): Uint8Array {
  const [first] = pieces;
  if (pieces.length === 1 && first?.length === size) return first;
  const whole = new Uint8Array(size);
  let at = 0;
  for (const piece of pieces) {
    const part = piece.subarray(0, size - at);
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function toHex(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += byte.toString(16).padStart(2, "0");
  return text;
}
