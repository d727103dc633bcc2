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
