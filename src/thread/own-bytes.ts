/**
 * Results out of a channel's messages: their bytes are views of whatever was read with them. A few bytes that
 * somebody keeps would hold all of that, and who sends their buffer on would send all of it.
 */
export function ownBytes<T>(result: T): T {
  if (result instanceof Uint8Array) return own(result) as T;
  if (typeof result !== "object" || result === null || Array.isArray(result)) return result;
  const fields = result as Record<string, unknown>;
  for (const [name, value] of Object.entries(fields)) {
    if (value instanceof Uint8Array) fields[name] = own(value);
  }
  return result;
}

/** As a thread's messages have them: never a Buffer. */
function own(bytes: Uint8Array): Uint8Array {
  const isPlain = bytes.constructor === Uint8Array;
  return isPlain && bytes.byteLength === bytes.buffer.byteLength ? bytes : new Uint8Array(bytes);
}
