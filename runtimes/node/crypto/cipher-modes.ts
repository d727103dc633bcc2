/**
 * Modes of operation over a library's AES block, piece by piece as OpenSSL's EVP has them: what a piece
 * does not complete waits for the next.
 */
import { unsafe } from "@noble/ciphers/aes.js";
import { chacha20 } from "@noble/ciphers/chacha.js";
import { joined } from "../../../kernel/bytes.ts";
import { badDecrypt, wrongFinalBlock } from "./errors.ts";

export interface CipherStream {
  update(data: Uint8Array): Uint8Array;
  final(): Uint8Array;
}

export const BLOCK = 16;
export const NOTHING = new Uint8Array();

/** A cipher of single blocks, which are changed in place. */
export interface BlockKey {
  readonly blockSize: number;
  encrypt(block: Uint8Array): void;
  decrypt(block: Uint8Array): void;
}

export class AesKey implements BlockKey {
  readonly blockSize = BLOCK;
  readonly #encrypts: Uint32Array;
  readonly #key: Uint8Array;
  #decrypts: Uint32Array | undefined;

  constructor(key: Uint8Array) {
    this.#key = key;
    this.#encrypts = unsafe.expandKeyLE(key);
  }

  get schedule(): Uint32Array {
    return this.#encrypts;
  }

  encrypt(block: Uint8Array): void {
    unsafe.encryptBlock(this.#encrypts, block);
  }

  decrypt(block: Uint8Array): void {
    this.#decrypts ??= unsafe.expandKeyDecLE(this.#key);
    unsafe.decryptBlock(this.#decrypts, block);
  }
}

/** ECB and CBC: whole blocks, with PKCS #7's padding at the end. */
export class BlockStream implements CipherStream {
  padding = true;
  readonly #key: BlockKey;
  readonly #encrypts: boolean;
  /** The last block of ciphertext; none for ECB. */
  readonly #chain: Uint8Array | undefined;
  #rest: Uint8Array = NOTHING;

  constructor(key: BlockKey, encrypts: boolean, iv: Uint8Array | undefined) {
    this.#key = key;
    this.#encrypts = encrypts;
    this.#chain = iv?.slice();
  }

  update(data: Uint8Array): Uint8Array {
    const whole = joined([this.#rest, data]);
    const { blockSize: size } = this.#key;
    let length = whole.length - (whole.length % size);
    // The last block may be padding, which only the end shows.
    if (!this.#encrypts && this.padding && length === whole.length && length > 0) length -= size;
    this.#rest = whole.slice(length);
    return this.#blocks(whole.slice(0, length));
  }

  final(): Uint8Array {
    const rest = this.#rest;
    const { blockSize: size } = this.#key;
    this.#rest = NOTHING;
    if (!this.padding) {
      if (rest.length > 0) throw wrongFinalBlock();
      return NOTHING;
    }
    if (this.#encrypts) {
      const missing = size - rest.length;
      const last = new Uint8Array(size).fill(missing);
      last.set(rest);
      return this.#blocks(last);
    }
    if (rest.length !== size) throw wrongFinalBlock();
    const last = this.#blocks(rest);
    const padded = last[size - 1] as number;
    if (padded === 0 || padded > size) throw badDecrypt();
    for (let i = size - padded; i < size; i++) if (last[i] !== padded) throw badDecrypt();
    return last.slice(0, size - padded);
  }

  #blocks(data: Uint8Array): Uint8Array {
    const chain = this.#chain;
    const { blockSize: size } = this.#key;
    for (let at = 0; at < data.length; at += size) {
      const block = data.subarray(at, at + size);
      if (!chain) {
        if (this.#encrypts) this.#key.encrypt(block);
        else this.#key.decrypt(block);
      } else if (this.#encrypts) {
        for (let i = 0; i < size; i++) block[i] = (block[i] as number) ^ (chain[i] as number);
        this.#key.encrypt(block);
        chain.set(block);
      } else {
        const cipherText = block.slice();
        this.#key.decrypt(block);
        for (let i = 0; i < size; i++) block[i] = (block[i] as number) ^ (chain[i] as number);
        chain.set(cipherText);
      }
    }
    return data;
  }
}

/** A cipher that is a sequence of bytes to add, made a block at a time by `make(text, blocks so far)`. */
class AddedStream implements CipherStream {
  readonly #block: number;
  readonly #make: (text: Uint8Array) => Uint8Array;
  /** Bytes of the last block that were used. */
  #used = 0;

  /** `make` continues at the block after the last whole one. */
  constructor(block: number, make: (text: Uint8Array) => Uint8Array) {
    this.#block = block;
    this.#make = make;
  }

  update(data: Uint8Array): Uint8Array {
    if (data.length === 0) return NOTHING;
    const text = new Uint8Array(this.#used + data.length);
    text.set(data, this.#used);
    const made = this.#make(text).slice(this.#used);
    this.#used = text.length % this.#block;
    return made;
  }

  final(): Uint8Array {
    return NOTHING;
  }
}

export function counterStream(key: AesKey, iv: Uint8Array): CipherStream {
  const counter = iv.slice();
  return new AddedStream(BLOCK, (text) => unsafe.ctrCounter(key.schedule, counter, text));
}

/** The same with a counter of the last 32 bits, which do not carry. */
export function shortCounterStream(key: AesKey, iv: Uint8Array): CipherStream {
  const counter = iv.slice();
  return new AddedStream(BLOCK, (text) => {
    const view = new DataView(counter.buffer);
    const first = view.getUint32(12);
    const made = unsafe.ctr32(key.schedule, false, counter, text);
    view.setUint32(12, first + Math.floor(text.length / BLOCK));
    return made;
  });
}

const CHACHA_BLOCK = 64;

/** `first`: number of the first block. */
export function chachaStream(key: Uint8Array, nonce: Uint8Array, first: number): CipherStream {
  let counter = first;
  return new AddedStream(CHACHA_BLOCK, (text) => {
    const made = chacha20(key, nonce, text, undefined, counter);
    counter += Math.floor(text.length / CHACHA_BLOCK);
    return made;
  });
}

/** CFB and OFB, and CFB of single bytes: the register takes in what `feedback` says. */
export class FeedbackStream implements CipherStream {
  readonly #key: AesKey;
  readonly #kind: "cfb" | "cfb8" | "ofb";
  readonly #encrypts: boolean;
  readonly #register: Uint8Array;
  #at = 0;

  constructor(key: AesKey, encrypts: boolean, iv: Uint8Array, kind: "cfb" | "cfb8" | "ofb") {
    this.#key = key;
    this.#kind = kind;
    this.#encrypts = encrypts;
    this.#register = iv.slice();
  }

  update(data: Uint8Array): Uint8Array {
    const made = new Uint8Array(data.length);
    for (let i = 0; i < data.length; i++) made[i] = this.#byte(data[i] as number);
    return made;
  }

  final(): Uint8Array {
    return NOTHING;
  }

  #byte(byte: number): number {
    const register = this.#register;
    if (this.#kind === "cfb8") {
      const stream = register.slice();
      this.#key.encrypt(stream);
      const result = byte ^ (stream[0] as number);
      register.copyWithin(0, 1);
      register[BLOCK - 1] = this.#encrypts ? result : byte;
      return result;
    }
    if (this.#at === 0) this.#key.encrypt(register);
    const result = byte ^ (register[this.#at] as number);
    if (this.#kind === "cfb") register[this.#at] = this.#encrypts ? result : byte;
    this.#at = (this.#at + 1) % BLOCK;
    return result;
  }
}
