/**
 * Modes of operation over a library's AES block, piece by piece as OpenSSL's EVP has them: what a piece
 * does not complete waits for the next.
 */
import { poly1305 } from "@noble/ciphers/_poly1305.js";
import { ghash } from "@noble/ciphers/_polyval.js";
import { aeskwp, unsafe } from "@noble/ciphers/aes.js";
import { chacha20 } from "@noble/ciphers/chacha.js";
import { joined } from "../../../kernel/bytes.ts";
import { badDecrypt, wrongFinalBlock } from "./errors.ts";

export interface CipherStream {
  update(data: Uint8Array): Uint8Array;
  final(): Uint8Array;
}

/** With a tag: over the text and what was only authenticated. */
export interface AuthenticatedStream extends CipherStream {
  authenticate(data: Uint8Array): void;
  /** After the end: all 16 bytes of it, or as many as were asked for. */
  tag(): Uint8Array;
}

const BLOCK = 16;
const NOTHING = new Uint8Array();

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
function shortCounterStream(key: AesKey, iv: Uint8Array): CipherStream {
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

interface HashedParts {
  readonly stream: CipherStream;
  readonly encrypts: boolean;
  readonly hash: Padded;
  /** What the hash ends with: how many bytes were authenticated, and how many were text. */
  readonly ending: (authenticated: number, text: number) => Uint8Array;
  /** What is added to the hash for the tag; undefined: nothing. */
  readonly mask?: Uint8Array;
}

/** A stream whose tag is a hash of what was only authenticated, and of the ciphertext behind it. */
class HashedStream implements AuthenticatedStream {
  readonly #parts: HashedParts;
  #authenticated = 0;
  #text = 0;

  constructor(parts: HashedParts) {
    this.#parts = parts;
  }

  authenticate(data: Uint8Array): void {
    this.#authenticated += data.length;
    this.#parts.hash.update(data);
  }

  update(data: Uint8Array): Uint8Array {
    const { stream, encrypts, hash } = this.#parts;
    if (data.length > 0 && this.#text === 0) hash.pad();
    this.#text += data.length;
    const made = stream.update(data);
    hash.update(encrypts ? made : data);
    return made;
  }

  final(): Uint8Array {
    const { hash, ending } = this.#parts;
    hash.pad();
    hash.update(ending(this.#authenticated, this.#text));
    return NOTHING;
  }

  tag(): Uint8Array {
    const { hash, mask } = this.#parts;
    const digest = hash.digest();
    return mask ? digest.map((byte, i) => byte ^ (mask[i] as number)) : digest;
  }
}

export function gcmStream(key: AesKey, encrypts: boolean, iv: Uint8Array): AuthenticatedStream {
  const hashKey = new Uint8Array(BLOCK);
  key.encrypt(hashKey);
  const first = new Uint8Array(BLOCK);
  if (iv.length === 12) {
    first.set(iv);
    first[BLOCK - 1] = 1;
  } else {
    const hash = new Padded(ghash.create(hashKey));
    hash.update(iv);
    hash.pad();
    hash.update(bitLengths(0, iv.length));
    first.set(hash.digest());
  }
  const mask = first.slice();
  key.encrypt(mask);
  const view = new DataView(first.buffer);
  view.setUint32(12, view.getUint32(12) + 1);
  const stream = shortCounterStream(key, first);
  const hash = new Padded(ghash.create(hashKey));
  return new HashedStream({ stream, encrypts, hash, mask, ending: bitLengths });
}

export function chachaPolyStream(
  key: Uint8Array,
  encrypts: boolean,
  iv: Uint8Array,
): AuthenticatedStream {
  const nonce = new Uint8Array(12);
  nonce.set(iv, 12 - iv.length);
  const hash = new Padded(poly1305.create(chacha20(key, nonce, new Uint8Array(32))));
  const stream = chachaStream(key, nonce, 1);
  return new HashedStream({ stream, encrypts, hash, ending: byteLengths });
}

/** CBC-MAC and counter (RFC 3610): all of the text at once, since its length comes first. */
export class CcmStream implements AuthenticatedStream {
  readonly #key: AesKey;
  readonly #encrypts: boolean;
  readonly #iv: Uint8Array;
  readonly #tagLength: number;
  #header: Uint8Array = NOTHING;
  #tag: Uint8Array = NOTHING;

  constructor(key: AesKey, encrypts: boolean, iv: Uint8Array, tagLength: number) {
    this.#key = key;
    this.#encrypts = encrypts;
    this.#iv = iv.slice();
    this.#tagLength = tagLength;
  }

  authenticate(data: Uint8Array): void {
    this.#header = joined([this.#header, data]);
  }

  update(data: Uint8Array): Uint8Array {
    const counter = new Uint8Array(BLOCK);
    counter[0] = 14 - this.#iv.length;
    counter.set(this.#iv, 1);
    const mask = counter.slice();
    this.#key.encrypt(mask);
    counter[BLOCK - 1] = 1;
    const made = unsafe.ctrCounter(this.#key.schedule, counter, data.slice());
    const mac = this.#mac(this.#encrypts ? data : made);
    this.#tag = mac.map((byte, i) => byte ^ (mask[i] as number)).slice(0, this.#tagLength);
    return made;
  }

  final(): Uint8Array {
    if (this.#tag.length === 0) this.update(NOTHING);
    return NOTHING;
  }

  tag(): Uint8Array {
    return this.#tag;
  }

  #mac(text: Uint8Array): Uint8Array {
    const sizeBytes = 15 - this.#iv.length;
    const hasHeader = this.#header.length > 0 ? 0x40 : 0;
    const mac = new Uint8Array(BLOCK);
    mac[0] = hasHeader | (((this.#tagLength - 2) / 2) << 3) | (sizeBytes - 1);
    mac.set(this.#iv, 1);
    for (let i = 0, rest = text.length; i < sizeBytes && rest > 0; i++) {
      mac[BLOCK - 1 - i] = rest & 0xff;
      rest = Math.floor(rest / 256);
    }
    this.#key.encrypt(mac);
    if (hasHeader) this.#absorb(mac, joined([headerLength(this.#header.length), this.#header]));
    this.#absorb(mac, text);
    return mac;
  }

  #absorb(mac: Uint8Array, data: Uint8Array): void {
    for (let at = 0; at < data.length; at += BLOCK) {
      const end = Math.min(data.length, at + BLOCK);
      for (let i = at; i < end; i++) mac[i - at] = (mac[i - at] as number) ^ (data[i] as number);
      this.#key.encrypt(mac);
    }
  }
}

function headerLength(length: number): Uint8Array {
  if (length < 0xff00) return Uint8Array.of(length >> 8, length);
  return Uint8Array.of(0xff, 0xfe, length >>> 24, length >>> 16, length >>> 8, length);
}

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

/** A hash that gets whole blocks; the last of a part is filled up with zeros. */
class Padded {
  readonly #hash: { update(data: Uint8Array): unknown; digest(): Uint8Array };
  readonly #block = new Uint8Array(BLOCK);
  #filled = 0;

  constructor(hash: { update(data: Uint8Array): unknown; digest(): Uint8Array }) {
    this.#hash = hash;
  }

  update(data: Uint8Array): void {
    let at = 0;
    if (this.#filled > 0) {
      at = Math.min(BLOCK - this.#filled, data.length);
      this.#block.set(data.subarray(0, at), this.#filled);
      this.#filled += at;
      if (this.#filled < BLOCK) return;
      this.#hash.update(this.#block);
      this.#filled = 0;
    }
    const whole = at + ((data.length - at) & ~(BLOCK - 1));
    if (whole > at) this.#hash.update(data.slice(at, whole));
    this.#block.set(data.subarray(whole));
    this.#filled = data.length - whole;
  }

  pad(): void {
    if (this.#filled > 0) this.#hash.update(this.#block.fill(0, this.#filled));
    this.#filled = 0;
  }

  digest(): Uint8Array {
    return this.#hash.digest();
  }
}

/** Two lengths in bits, as GCM ends with. */
function bitLengths(first: number, second: number): Uint8Array {
  const bytes = new Uint8Array(BLOCK);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, BigInt(first) * 8n);
  view.setBigUint64(8, BigInt(second) * 8n);
  return bytes;
}

/** Two lengths in bytes, as ChaCha20-Poly1305 ends with (RFC 8439). */
function byteLengths(first: number, second: number): Uint8Array {
  const bytes = new Uint8Array(BLOCK);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, BigInt(first), true);
  view.setBigUint64(8, BigInt(second), true);
  return bytes;
}
