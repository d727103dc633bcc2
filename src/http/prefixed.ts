/** A stream of which some bytes were read already. */
import type { ByteStream } from "./byte-stream.ts";

export function prefixed(stream: ByteStream, read: Uint8Array): ByteStream {
  let rest = read;
  return {
    async read(most) {
      if (rest.length === 0) return stream.read(most);
      const piece = rest.subarray(0, most);
      rest = rest.subarray(most);
      return piece;
    },
    write: (bytes) => stream.write(bytes),
    end: () => stream.end(),
    abort: (reason) => stream.abort(reason),
  };
}

/** Both ways, until both have ended; a break of one breaks the other. */
export async function splice(one: ByteStream, other: ByteStream): Promise<void> {
  try {
    await Promise.all([pump(one, other), pump(other, one)]);
  } catch (reason) {
    one.abort(reason);
    other.abort(reason);
  }
}

const PIECE_BYTES = 64 << 10;

async function pump(from: ByteStream, to: ByteStream): Promise<void> {
  for (;;) {
    const bytes = await from.read(PIECE_BYTES);
    if (!bytes) break;
    await to.write(bytes);
  }
  await to.end();
}
