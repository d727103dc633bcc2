/** Triple DES, for keys and programs that still have it. */

import { sha1 } from "@noble/hashes/legacy.js";
import DES from "des.js";
import { joined } from "../../../kernel/bytes.ts";
import { type BlockKey, BlockStream, type CipherStream } from "./cipher-modes.ts";
import { badDecrypt } from "./errors.ts";

const BLOCK = 8;

interface BlockCipher {
  _update(input: Uint8Array, at: number, output: Uint8Array, to: number): void;
}

/** Of three keys of 8 bytes. */
export class TripleDesKey implements BlockKey {
  readonly blockSize = BLOCK;
  readonly #encrypts: BlockCipher;
  readonly #decrypts: BlockCipher;

  constructor(key: Uint8Array) {
    this.#encrypts = DES.EDE.create({ type: "encrypt", key });
    this.#decrypts = DES.EDE.create({ type: "decrypt", key });
  }

  encrypt(block: Uint8Array): void {
    this.#encrypts._update(block, 0, block, 0);
  }

  decrypt(block: Uint8Array): void {
    this.#decrypts._update(block, 0, block, 0);
  }
}

/** CMS key wrap (RFC 3217), which takes everything at once. */
export class TripleDesWrapStream implements CipherStream {
  readonly #key: TripleDesKey;
  readonly #encrypts: boolean;
  readonly #random: (length: number) => Uint8Array;

  constructor(key: TripleDesKey, encrypts: boolean, random: (length: number) => Uint8Array) {
    this.#key = key;
    this.#encrypts = encrypts;
    this.#random = random;
  }

  update(data: Uint8Array): Uint8Array {
    return this.#encrypts ? this.#wrap(data) : this.#unwrap(data);
  }

  final(): Uint8Array {
    return new Uint8Array();
  }

  #wrap(data: Uint8Array): Uint8Array {
    const iv = this.#random(BLOCK);
    const inner = this.#chained(joined([data, sha1(data).subarray(0, BLOCK)]), iv, true);
    return this.#chained(joined([iv, inner]).reverse(), FIXED_IV, true);
  }

  #unwrap(data: Uint8Array): Uint8Array {
    if (data.length < 3 * BLOCK || data.length % BLOCK !== 0) throw badDecrypt();
    const outer = this.#chained(data.slice(), FIXED_IV, false).reverse();
    const inner = this.#chained(outer.slice(BLOCK), outer.subarray(0, BLOCK), false);
    const key = inner.slice(0, inner.length - BLOCK);
    const check = sha1(key);
    if (inner.subarray(key.length).some((byte, i) => byte !== check[i])) throw badDecrypt();
    return key;
  }

  #chained(data: Uint8Array, iv: Uint8Array, encrypts: boolean): Uint8Array {
    const stream = new BlockStream(this.#key, encrypts, iv);
    stream.padding = false;
    return stream.update(data);
  }
}

const FIXED_IV = Uint8Array.of(0x4a, 0xdd, 0xa2, 0x2c, 0x79, 0xe8, 0x21, 0x05);
