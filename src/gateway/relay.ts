/** Moves bytes between a guest and the outside, both ways, at the pace of whoever takes them. */
import type { ByteStream } from "../http/byte-stream.ts";

const PIECE_BYTES = 64 << 10;

/**
 * Until both directions have ended; half-closes travel along. Rejects where either side breaks off: the
 * caller aborts both then.
 */
export async function relay(guest: ByteStream, outside: ByteStream): Promise<void> {
  await Promise.all([pump(guest, outside), pump(outside, guest)]);
}

async function pump(from: ByteStream, to: ByteStream): Promise<void> {
  for (;;) {
    const bytes = await from.read(PIECE_BYTES);
    if (!bytes) break;
    await to.write(bytes);
  }
  await to.end();
}
