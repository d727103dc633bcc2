/** Results of the kernel's worker whose buffers change hands on their way instead of being copied. */
import { transfer } from "comlink";

/** Below this many bytes a copy is cheaper than a change of hands. */
const WORTH_TRANSFER = 4096;

export function withoutCopy<T>(result: T): T {
  const chunks = result instanceof Uint8Array ? [result] : chunksOf(result);
  const buffers = chunks.filter(isWhole).map((chunk) => chunk.buffer as ArrayBuffer);
  return buffers.length > 0 ? transfer(result as never, buffers) : result;
}

function chunksOf(result: unknown): Uint8Array[] {
  if (typeof result !== "object" || result === null || Array.isArray(result)) return [];
  return Object.values(result).filter((value) => value instanceof Uint8Array);
}

function isWhole(chunk: Uint8Array): boolean {
  const { buffer, byteLength } = chunk;
  return (
    buffer instanceof ArrayBuffer &&
    byteLength === buffer.byteLength &&
    byteLength >= WORTH_TRANSFER
  );
}
