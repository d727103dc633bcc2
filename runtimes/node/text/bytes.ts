/** Memory as Node's C++ sees it: the bytes of any view or buffer, shared or not. */

export type Bytes = ArrayBufferView | ArrayBufferLike;

export function isBytes(value: unknown): value is Bytes {
  return ArrayBuffer.isView(value) || isAnyArrayBuffer(value);
}

/** The bytes themselves; never a Buffer, whose `slice`, `fill` and others are not a Uint8Array's. */
export function bytesOf(value: Bytes): Uint8Array {
  if (ArrayBuffer.isView(value)) {
    return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  }
  return new Uint8Array(value);
}

/** Bytes `start` to `end`, as a Uint8Array whatever `bytes` is. */
export function viewOf(bytes: Uint8Array, start: number, end = bytes.length): Uint8Array {
  return new Uint8Array(bytes.buffer, bytes.byteOffset + start, end - start);
}

/** By the internal slot, so that buffers of other contexts count and forged tags do not. */
export function isAnyArrayBuffer(value: unknown): value is ArrayBufferLike {
  if (typeof value !== "object" || value === null) return false;
  return hasSlot(arrayBufferLength, value) || (isShared(value) as boolean);
}

export function isShared(value: unknown): value is SharedArrayBuffer {
  // The constructor is missing while a snapshot is built.
  sharedLength ??= lengthGetter(
    (globalThis as { SharedArrayBuffer?: { prototype: object } }).SharedArrayBuffer?.prototype,
  );
  return hasSlot(sharedLength, value);
}

type Getter = (this: unknown) => number;
let sharedLength: Getter | undefined;
const arrayBufferLength = lengthGetter(ArrayBuffer.prototype);

function lengthGetter(prototype: object | undefined): Getter | undefined {
  return prototype && Object.getOwnPropertyDescriptor(prototype, "byteLength")?.get;
}

function hasSlot(getter: Getter | undefined, value: unknown): boolean {
  if (!getter) return false;
  try {
    getter.call(value);
    return true;
  } catch {
    return false;
  }
}
