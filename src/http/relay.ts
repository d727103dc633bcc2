/** Moves bytes between two streams, both ways, at the pace of whoever takes them. */
import type { ByteStream } from "./byte-stream.ts";

const PIECE_BYTES = 64 << 10;

/**
 * Until both directions have ended; half-closes travel along. Rejects where either side breaks off: the
 * caller aborts both then.
 */
export async function relay(one: ByteStream, other: ByteStream): Promise<void> {
  await Promise.all([pump(one, other), pump(other, one)]);
}

/** The same; a break of one breaks the other. */
export async function splice(one: ByteStream, other: ByteStream): Promise<void> {
  try {
    await relay(one, other);
  } catch (reason) {
    one.abort(reason);
    other.abort(reason);
  }
}

async function pump(from: ByteStream, to: ByteStream): Promise<void> {
  for (;;) {
    const bytes = await from.read(PIECE_BYTES);
    if (!bytes) break;
    await to.write(bytes);
  }
  await to.end();
}
