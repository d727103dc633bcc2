/** How arguments of the crypto binding become bytes, and bytes answers. */
import { bufferOf } from "../buffers.ts";
import type { Environment } from "../environment.ts";
import { bytesOf, isBytes } from "../text/bytes.ts";
import { bytesOfText, encodingOf, readText } from "../text/encodings.ts";
import { KeyHandle } from "./key-handle.ts";

/** What KeyObject derives from: it keeps the handle where JavaScript does not reach it. */
export class NativeKey {
  readonly #handle: KeyHandle;

  constructor(handle: KeyHandle) {
    this.#handle = handle;
  }

  static handleOf(key: NativeKey): KeyHandle {
    return key.#handle;
  }
}

/** Bytes of a view or buffer, or text in an encoding; not a copy. */
export function bytesOfInput(value: unknown, encoding?: unknown): Uint8Array {
  if (typeof value === "string") return bytesOfText(value, encodingOf(encoding));
  if (isBytes(value)) return bytesOf(value);
  throw new TypeError("the argument must be a string or bytes");
}

/** Bytes of a secret key: a handle's, or the bytes themselves. */
export function secretOf(value: unknown): Uint8Array {
  const handle = value instanceof NativeKey ? NativeKey.handleOf(value) : value;
  if (!(handle instanceof KeyHandle)) return bytesOfInput(value);
  const data = KeyHandle.dataOf(handle);
  if (data.kind !== "secret") throw new TypeError("the key is not a secret one");
  return data.bytes;
}

/** A Buffer, or text where `encoding` names one. */
export function inEncoding(env: Environment, bytes: Uint8Array, encoding: unknown): unknown {
  const name = encodingOf(encoding, "buffer");
  return name === "buffer" ? bufferOf(env, bytes) : readText(bytes, name);
}
