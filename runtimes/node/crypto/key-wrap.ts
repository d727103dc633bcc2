/** Keys under keys: AES key wrap (RFC 3394), and the same with padding (RFC 5649). */
import { aeskwp } from "@noble/ciphers/aes.js";
import { joined } from "../../../kernel/bytes.ts";
import { type AesKey, BLOCK, type CipherStream, NOTHING } from "./cipher-modes.ts";
import { badDecrypt, wrongFinalBlock } from "./errors.ts";

/** Key wrap (RFC 3394), which takes everything at once. */
export class WrapStream implements CipherStream {
  readonly #key: AesKey;
  readonly #encrypts: boolean;
  readonly #iv: Uint8Array;

  constructor(key: AesKey, encrypts: boolean, iv: Uint8Array) {
    this.#key = key;
    this.#encrypts = encrypts;
    this.#iv = iv.slice();
  }

  update(data: Uint8Array): Uint8Array {
    return this.#encrypts
      ? wrapKey(this.#key, data, this.#iv)
      : unwrapKey(this.#key, data, this.#iv);
  }

  final(): Uint8Array {
    return NOTHING;
  }
}

const HALF = 8;
const ROUNDS = 6;

export function wrapKey(key: AesKey, data: Uint8Array, iv: Uint8Array): Uint8Array {
  if (data.length % HALF !== 0 || data.length < 2 * HALF) throw wrongFinalBlock();
  const result = joined([iv, data]);
  const count = data.length / HALF;
  const block = new Uint8Array(BLOCK);
  block.set(iv);
  for (let turn = 0; turn < ROUNDS * count; turn++) {
    const at = HALF * (1 + (turn % count));
    block.set(result.subarray(at, at + HALF), HALF);
    key.encrypt(block);
    addNumber(block, turn + 1);
    result.set(block.subarray(HALF), at);
  }
  result.set(block.subarray(0, HALF));
  return result;
}

export function unwrapKey(key: AesKey, data: Uint8Array, iv: Uint8Array): Uint8Array {
  if (data.length % HALF !== 0 || data.length < 3 * HALF) throw badDecrypt();
  const result = data.slice(HALF);
  const count = result.length / HALF;
  const block = new Uint8Array(BLOCK);
  block.set(data.subarray(0, HALF));
  for (let turn = ROUNDS * count - 1; turn >= 0; turn--) {
    const at = HALF * (turn % count);
    addNumber(block, turn + 1);
    block.set(result.subarray(at, at + HALF), HALF);
    key.decrypt(block);
    result.set(block.subarray(HALF), at);
  }
  if (iv.some((byte, i) => byte !== block[i])) throw badDecrypt();
  return result;
}

/** The same with padding (RFC 5649), for keys of any length. */
export class PaddedWrapStream implements CipherStream {
  readonly #key: Uint8Array;
  readonly #encrypts: boolean;

  constructor(key: Uint8Array, encrypts: boolean) {
    this.#key = key;
    this.#encrypts = encrypts;
  }

  update(data: Uint8Array): Uint8Array {
    try {
      const wrap = aeskwp(this.#key);
      return this.#encrypts ? wrap.encrypt(data) : wrap.decrypt(data);
    } catch {
      throw badDecrypt();
    }
  }

  final(): Uint8Array {
    return NOTHING;
  }
}

function addNumber(block: Uint8Array, number: number): void {
  const view = new DataView(block.buffer);
  view.setUint32(4, view.getUint32(4) ^ number);
}
