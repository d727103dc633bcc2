/** Buffers as C++ makes them: `Buffer::New` for bindings that answer with one. */
import type { Environment } from "./environment.ts";

type FastBuffer = new (memory: ArrayBufferLike, offset: number, length: number) => Uint8Array;

/** A Buffer over the memory of `bytes`, which is not copied. */
export function bufferOf(env: Environment, bytes: Uint8Array): Uint8Array {
  const { FastBuffer } = env.requireBuiltin<{ FastBuffer: FastBuffer }>("internal/buffer");
  return new FastBuffer(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
