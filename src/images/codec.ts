/**
 * SHA-256 and gunzip as a host has them. The Web's answers later, on every host; Node's answers at
 * once (node-codec.ts), so that a local command's first run waits for no turn of the event loop.
 */

export interface Codec {
  /** In hex. */
  sha256(bytes: Uint8Array): Promise<string>;
  /** The first `size` bytes that a gzip stream holds; rejects where there are fewer. */
  gunzip(bytes: Uint8Array, size: number): Promise<Uint8Array>;
  readonly sync?: SyncCodec;
}

export interface SyncCodec {
  sha256(bytes: Uint8Array): string;
  gunzip(bytes: Uint8Array, size: number): Uint8Array;
}

export const webCodec: Codec = {
  async sha256(bytes) {
    const hash = await crypto.subtle.digest("SHA-256", bytes as Uint8Array<ArrayBuffer>);
    return toHex(new Uint8Array(hash));
  },

  async gunzip(bytes, size) {
    const stream = new Blob([bytes as Uint8Array<ArrayBuffer>])
      .stream()
      .pipeThrough(new DecompressionStream("gzip"));
    const reader = stream.getReader();
    const whole = new Uint8Array(size);
    let filled = 0;
    // What follows in the stream (padding, the next file's header) is of no interest.
    while (filled < size) {
      const { done, value } = await reader.read();
      if (done) throw new Error("the compressed data end too early");
      const part = value.subarray(0, size - filled);
      whole.set(part, filled);
      filled += part.length;
    }
    await reader.cancel().catch(() => {});
    return whole;
  },
};

function toHex(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += byte.toString(16).padStart(2, "0");
  return text;
}
