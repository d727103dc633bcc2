/**
 * Modes that end with a tag, piece by piece: GCM (NIST SP 800-38D), ChaCha20-Poly1305 (RFC 8439) and CCM
 * (RFC 3610).
 */
import { poly1305 } from "@noble/ciphers/_poly1305.js";
import { ghash } from "@noble/ciphers/_polyval.js";
import { unsafe } from "@noble/ciphers/aes.js";
import { chacha20 } from "@noble/ciphers/chacha.js";
import { joined } from "../../../kernel/bytes.ts";
import {
  type AesKey,
  BLOCK,
  type CipherStream,
  chachaStream,
  NOTHING,
  shortCounterStream,
} from "./cipher-modes.ts";

/** With a tag: over the text and what was only authenticated. */
export interface AuthenticatedStream extends CipherStream {
  authenticate(data: Uint8Array): void;
  /** After the end: all 16 bytes of it, or as many as were asked for. */
  tag(): Uint8Array;
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
