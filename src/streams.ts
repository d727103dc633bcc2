/** Web streams over the pipes of a machine; each chunk is asked for, so that a slow reader stops the writer. */
import type { RemoteMachine } from "./remote-machine.ts";

/** Bytes asked for at once. */
const CHUNK = 1 << 18;

export function readableFrom(machine: RemoteMachine, fd: number): ReadableStream<Uint8Array> {
  let closed = false;
  const close = async () => {
    if (closed) return;
    closed = true;
    await machine.machine("closeStream", fd).catch(() => {});
  };
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const chunk = await machine.machine("readStream", fd, CHUNK);
          if (chunk.length > 0) return controller.enqueue(chunk);
          await close();
          controller.close();
        } catch (error) {
          // Cancelled while it read: nobody is left to be told.
          if (!closed) controller.error(error);
        }
      },
      cancel: close,
    },
    { highWaterMark: 0 },
  );
}

export function writableTo(
  machine: RemoteMachine,
  fd: number,
): WritableStream<string | Uint8Array> {
  const encoder = new TextEncoder();
  const close = () => machine.machine("closeStream", fd);
  return new WritableStream<string | Uint8Array>({
    async write(chunk) {
      const bytes = typeof chunk === "string" ? encoder.encode(chunk) : chunk;
      await machine.machine("writeStream", fd, bytes);
    },
    close,
    abort: close,
  });
}
