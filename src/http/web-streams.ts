/** Byte streams and sources as web streams, and the other way round. */
import type { ByteSource, ByteStream } from "./byte-stream.ts";

/** Nothing is read before somebody asks. */
export function readableOf(source: ByteSource): ReadableStream<Uint8Array<ArrayBuffer>> {
  return new ReadableStream<Uint8Array<ArrayBuffer>>(
    {
      async pull(controller) {
        const piece = await source.read();
        if (piece) controller.enqueue(piece as Uint8Array<ArrayBuffer>);
        else controller.close();
      },
      cancel: (reason) => source.cancel(reason),
    },
    { highWaterMark: 0 },
  );
}

export function sourceFrom(stream: ReadableStream<Uint8Array>): ByteSource {
  const reader = stream.getReader();
  return {
    async read() {
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return undefined;
        if (value.length > 0) return value;
      }
    },
    cancel: (reason) => void reader.cancel(reason).catch(() => {}),
  };
}

/** Two web streams as one connection. */
export function streamFrom(pair: {
  readonly readable: ReadableStream<Uint8Array>;
  readonly writable: WritableStream<Uint8Array>;
}): ByteStream {
  const source = sourceFrom(pair.readable);
  const writer = pair.writable.getWriter();
  writer.closed.catch(() => {});
  let rest: Uint8Array | undefined;
  return {
    async read(most) {
      const piece = rest ?? (await source.read());
      rest = piece && piece.length > most ? piece.subarray(most) : undefined;
      return rest ? piece?.subarray(0, most) : piece;
    },
    async write(bytes) {
      await writer.ready;
      await writer.write(bytes);
    },
    end: () => writer.close(),
    abort(reason) {
      source.cancel(reason);
      void writer.abort(reason).catch(() => {});
    },
  };
}
