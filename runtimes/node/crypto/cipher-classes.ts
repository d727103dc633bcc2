/** CipherBase, and encryption with RSA and for WebCrypto (crypto_cipher.cc, crypto_aes.cc, crypto_rsa.cc). */
import { joined } from "../../../kernel/bytes.ts";
import { bufferOf } from "../buffers.ts";
import type { Binding, Environment } from "../environment.ts";
import { codedError } from "../errors.ts";
import { type Bytes, bytesOf } from "../text/bytes.ts";
import { type AuthenticatedStream, gcmStream } from "./authenticated-modes.ts";
import { AesKey, BlockStream, type CipherStream, counterStream } from "./cipher-modes.ts";
import {
  type CipherAlgorithm,
  cipherAlgorithm,
  cipherNames,
  cipherStream,
  isAuthenticated,
} from "./ciphers.ts";
import { bytesOfInput, secretOf } from "./context.ts";
import { digestAlgorithm } from "./digests.ts";
import { dataTooLarge, invalidState, openSslError } from "./errors.ts";
import { algorithmOf, isEqual } from "./hash-classes.ts";
import { arrayBufferOf, jobClass } from "./jobs.ts";
import { keyOf } from "./key-classes.ts";
import type { AsymmetricKey, RsaKey } from "./key-data.ts";
import { KeyHandle } from "./key-handle.ts";
import { unwrapKey, wrapKey } from "./key-wrap.ts";
import { fromBigInt, randomBytes, toBigInt } from "./random.ts";
import {
  checkWhole,
  Padding,
  padOaep,
  padType1,
  padType2,
  rsaBytes,
  rsaPrivate,
  rsaPublic,
  unpadOaep,
  unpadType1,
  unpadType2,
} from "./rsa.ts";

const NO_TAG_LENGTH = -1;
const DEFAULT_TAG_LENGTH = 16;
const ENCRYPT = 0;
/** Bytes of a CCM text, by the bytes of its length. */
const CCM_MAX = 2 ** 31 - 1;

export function cipherClasses(env: Environment): Binding {
  class CipherBase {
    readonly #encrypts: boolean;
    #algorithm: CipherAlgorithm | undefined;
    #stream: CipherStream | undefined;
    #tagLength = NO_TAG_LENGTH;
    #tag: Uint8Array | undefined;
    #maxText = Number.POSITIVE_INFINITY;
    #used = false;
    #failed = false;

    constructor(encrypts: boolean) {
      this.#encrypts = encrypts;
    }

    initiv(name: string, key: unknown, iv: Bytes | null, tagLength: number): void {
      const algorithm = cipherAlgorithm(name);
      if (!algorithm) throw codedError(Error, "ERR_CRYPTO_UNKNOWN_CIPHER", "Unknown cipher");
      const bytes = iv === null ? new Uint8Array() : bytesOf(iv).slice();
      checkIv(algorithm, bytes);
      const secret = secretOf(key).slice();
      if (isAuthenticated(algorithm)) this.#authenticated(algorithm, bytes, tagLength, name);
      if (secret.length !== algorithm.keyLength) {
        throw codedError(RangeError, "ERR_CRYPTO_INVALID_KEYLEN", "Invalid key length");
      }
      this.#algorithm = algorithm;
      this.#stream = cipherStream(algorithm, {
        ...{ key: secret, iv: bytes, encrypts: this.#encrypts },
        tagLength: this.#tagLength,
        random: (length) => randomBytes(env, length),
      });
    }

    update(data: unknown, encoding: unknown): unknown {
      if (!this.#stream) throw invalidState("Trying to add data in unsupported state");
      const bytes = bytesOfInput(data, encoding).slice();
      if (bytes.length > this.#maxText) {
        throw codedError(RangeError, "ERR_CRYPTO_INVALID_MESSAGELEN", "Invalid message length");
      }
      const isCcm = this.#algorithm?.mode === "ccm";
      if (isCcm && this.#used) throw invalidState("Trying to add data in unsupported state");
      this.#used = true;
      const made = this.#stream.update(bytes);
      if (!isCcm || this.#encrypts) return bufferOf(env, made);
      // All of it is there: what is not authentic is not shown.
      if (!this.#isAuthentic()) this.#failed = true;
      return bufferOf(env, this.#failed ? new Uint8Array() : made);
    }

    final(): unknown {
      const stream = this.#stream;
      const algorithm = this.#algorithm;
      if (!stream || !algorithm) throw invalidState("Invalid state");
      this.#stream = undefined;
      const made = stream.final();
      if (!isAuthenticated(algorithm)) return bufferOf(env, made);
      if (this.#encrypts) {
        if (this.#tagLength === NO_TAG_LENGTH) this.#tagLength = DEFAULT_TAG_LENGTH;
        this.#tag = (stream as AuthenticatedStream).tag().slice(0, this.#tagLength);
        return bufferOf(env, made);
      }
      if (algorithm.mode !== "ccm" || !this.#used) this.#stream = stream;
      const isFine = !this.#failed && (this.#stream ? this.#isAuthentic() : true);
      this.#stream = undefined;
      if (!isFine) throw new Error("Unsupported state or unable to authenticate data");
      return bufferOf(env, made);
    }

    setAutoPadding(padding: boolean): boolean {
      if (!this.#stream) return false;
      if (this.#stream instanceof BlockStream) this.#stream.padding = padding;
      return true;
    }

    getAuthTag(): unknown {
      if (this.#stream || !this.#encrypts || !this.#tag) return undefined;
      return bufferOf(env, this.#tag.slice());
    }

    setAuthTag(tag: Bytes): boolean {
      const algorithm = this.#algorithm;
      if (!this.#stream || !algorithm || this.#encrypts || this.#tag) return false;
      if (!isAuthenticated(algorithm)) return false;
      const bytes = bytesOf(tag).slice();
      const isFine =
        algorithm.mode === "gcm"
          ? isGcmTagLength(bytes.length) &&
            (this.#tagLength === NO_TAG_LENGTH || this.#tagLength === bytes.length)
          : this.#tagLength === bytes.length;
      if (!isFine) throw invalidTag(bytes.length);
      this.#tagLength = bytes.length;
      this.#tag = bytes;
      return true;
    }

    setAAD(data: Bytes, textLength: number): boolean {
      const algorithm = this.#algorithm;
      if (!this.#stream || !algorithm || !isAuthenticated(algorithm)) return false;
      if (algorithm.mode === "ccm") {
        if (textLength < 0) {
          throw codedError(
            TypeError,
            "ERR_MISSING_ARGS",
            "options.plaintextLength required for CCM mode with AAD",
          );
        }
        if (textLength > this.#maxText) {
          throw codedError(RangeError, "ERR_CRYPTO_INVALID_MESSAGELEN", "Invalid message length");
        }
      }
      (this.#stream as AuthenticatedStream).authenticate(bytesOf(data).slice());
      return true;
    }

    #authenticated(
      algorithm: CipherAlgorithm,
      iv: Uint8Array,
      tagLength: number,
      name: string,
    ): void {
      const { mode } = algorithm;
      if (mode === "gcm") {
        if (tagLength !== NO_TAG_LENGTH && !isGcmTagLength(tagLength)) throw invalidTag(tagLength);
        this.#tagLength = tagLength;
        return;
      }
      if (tagLength === NO_TAG_LENGTH) {
        if (mode === "ccm") {
          throw codedError(
            TypeError,
            "ERR_CRYPTO_INVALID_AUTH_TAG",
            `authTagLength required for ${name}`,
          );
        }
        this.#tagLength = DEFAULT_TAG_LENGTH;
        return;
      }
      const isFine =
        mode === "ccm"
          ? tagLength >= 4 && tagLength <= 16 && tagLength % 2 === 0
          : tagLength >= 1 && tagLength <= 16;
      if (!isFine) throw invalidTag(tagLength);
      this.#tagLength = tagLength;
      if (mode === "ccm") this.#maxText = Math.min(CCM_MAX, 2 ** (8 * (15 - iv.length)) - 1);
    }

    #isAuthentic(): boolean {
      if (!this.#tag) return false;
      const tag = (this.#stream as AuthenticatedStream).tag();
      return isEqual(tag.slice(0, this.#tag.length), this.#tag);
    }
  }

  return {
    CipherBase,
    getCiphers: cipherNames,
    getCipherInfo: cipherInfo,

    AESCipherJob: jobClass(
      env,
      "CIPHERREQUEST",
      (mode: number, key: unknown, data: Bytes, variant: number, ...rest: unknown[]) => {
        const secret = secretOf(key);
        const bytes = bytesOf(data).slice();
        return () => arrayBufferOf(webCipher(mode === ENCRYPT, secret, bytes, variant, rest));
      },
    ),

    RSACipherJob: jobClass(
      env,
      "CIPHERREQUEST",
      (
        mode: number,
        key: KeyHandle,
        data: Bytes,
        _variant: number,
        hash: string,
        label?: Bytes,
      ) => {
        const rsa = KeyHandle.dataOf(key) as RsaKey;
        const bytes = bytesOf(data).slice();
        const algorithm = algorithmOf(hash);
        const labelled = label ? bytesOf(label).slice() : new Uint8Array();
        return () => {
          if (mode !== ENCRYPT) {
            return arrayBufferOf(unpadOaep(rsaPrivate(rsa, bytes), algorithm, labelled));
          }
          const block = padOaep(env, bytes, rsaBytes(rsa), algorithm, labelled);
          return arrayBufferOf(rsaPublic(rsa, block));
        };
      },
    ),

    publicEncrypt: rsaCall(env, "public", (key, data, { padding, hash, label }) => {
      const length = rsaBytes(key);
      if (padding === Padding.Oaep) {
        return rsaPublic(key, padOaep(env, data, length, algorithmOf(hash), label));
      }
      if (padding === Padding.Pkcs1) return rsaPublic(key, padType2(env, data, length));
      if (padding === Padding.None) return rsaPublic(key, checkWhole(data, length));
      throw illegalPadding();
    }),

    privateDecrypt: rsaCall(env, "private", (key, data, { padding, hash, label }) => {
      if (data.length > rsaBytes(key)) throw greaterThanModulus();
      const block = rsaPrivate(key, data);
      if (padding === Padding.Oaep) return unpadOaep(block, algorithmOf(hash), label);
      if (padding === Padding.None) return block;
      if (padding !== Padding.Pkcs1) throw illegalPadding();
      // As OpenSSL does: a padding that is wrong shows as a random text.
      return unpadType2(block) ?? randomBytes(env, 16);
    }),

    privateEncrypt: rsaCall(env, "private", (key, data, { padding }) => {
      const length = rsaBytes(key);
      if (padding === Padding.Pkcs1) return rsaPrivate(key, padType1(data, length, dataTooLarge));
      if (padding === Padding.None) return rsaPrivate(key, checkWhole(data, length));
      throw illegalPadding();
    }),

    publicDecrypt: rsaCall(env, "public", (key, data, { padding }) => {
      const block = rsaPublic(key, data);
      if (padding === Padding.None) return block;
      if (padding !== Padding.Pkcs1) throw illegalPadding();
      const text = unpadType1(block);
      if (text) return text;
      throw openSslError("0200006A", "rsa routines", "block type is not 01", {
        code: "RSA_BLOCK_TYPE_IS_NOT_01",
      });
    }),
  };
}

interface RsaCallOptions {
  readonly padding: number;
  readonly hash: string;
  readonly label: Uint8Array;
}

function rsaCall(
  env: Environment,
  kind: "public" | "private",
  run: (key: RsaKey, data: Uint8Array, options: RsaCallOptions) => Uint8Array,
) {
  return (
    keyData: unknown,
    format: number | undefined,
    type: number | undefined,
    passphrase: Bytes | undefined,
    data: unknown,
    padding: number,
    ...[oaepHash, oaepLabel]: [string | undefined, Bytes | undefined]
  ): unknown => {
    const hash = oaepHash ?? "sha1";
    if (!digestAlgorithm(hash)) {
      throw openSslError("03000000", "digital envelope routines", "unsupported", {
        code: "EVP_INVALID_DIGEST",
      });
    }
    const key = keyOf(kind, keyData, format, type, passphrase) as AsymmetricKey;
    if (key.type !== "rsa") {
      throw openSslError(
        "03000096",
        "digital envelope routines",
        "operation not supported for this keytype",
        {
          code: "EVP_OPERATION_NOT_SUPPORTED_FOR_THIS_KEYTYPE",
        },
      );
    }
    const label = oaepLabel ? bytesOf(oaepLabel) : new Uint8Array();
    return bufferOf(env, run(key, bytesOfInput(data), { padding, hash, label }));
  };
}

const illegalPadding = () =>
  openSslError("1C8000A5", "Provider routines", "illegal or unsupported padding mode");
const greaterThanModulus = () =>
  openSslError("0200006C", "rsa routines", "data greater than mod len", {
    code: "RSA_DATA_GREATER_THAN_MOD_LEN",
  });

function isGcmTagLength(length: number): boolean {
  return length === 4 || length === 8 || (length >= 12 && length <= 16);
}

function invalidTag(length: number): Error {
  const message = `Invalid authentication tag length: ${length}`;
  return codedError(TypeError, "ERR_CRYPTO_INVALID_AUTH_TAG", message);
}

function checkIv(algorithm: CipherAlgorithm, iv: Uint8Array): void {
  const { mode, ivLength } = algorithm;
  const isFine =
    mode === "gcm"
      ? iv.length > 0
      : mode === "ccm"
        ? iv.length >= 7 && iv.length <= 13
        : mode === "chacha20-poly1305"
          ? iv.length > 0 && iv.length <= 12
          : iv.length === ivLength;
  if (!isFine) {
    throw codedError(TypeError, "ERR_CRYPTO_INVALID_IV", "Invalid initialization vector");
  }
}

function cipherInfo(
  info: Record<string, unknown>,
  name: string | number,
  keyLength: number | undefined,
  ivLength: number | undefined,
): Record<string, unknown> | undefined {
  const algorithm = cipherAlgorithm(name);
  if (!algorithm) return undefined;
  if (keyLength !== undefined && keyLength !== algorithm.keyLength) return undefined;
  if (ivLength !== undefined) {
    try {
      checkIv(algorithm, new Uint8Array(ivLength));
    } catch {
      return undefined;
    }
  }
  const { mode } = algorithm;
  const isStream = mode.startsWith("chacha20");
  info["mode"] = isStream ? "stream" : mode.replace(/^des3-|-pad$|8$/g, "");
  info["name"] = algorithm.name;
  info["nid"] = algorithm.nid;
  if (!isStream) info["blockSize"] = algorithm.blockSize;
  if (algorithm.ivLength > 0) info["ivLength"] = ivLength ?? algorithm.ivLength;
  info["keyLength"] = algorithm.keyLength;
  return info;
}

/** Variants come in threes: CTR, CBC, GCM, KW, each with keys of 128, 192 and 256 bits. */
function webCipher(
  encrypts: boolean,
  secret: Uint8Array,
  data: Uint8Array,
  variant: number,
  rest: unknown[],
): Uint8Array {
  const key = new AesKey(secret);
  const iv = rest[0] === undefined ? new Uint8Array() : bytesOfInput(rest[0]).slice();
  switch (Math.floor(variant / 3)) {
    case 0:
      return webCounter(key, data, iv, Number(rest[1]));
    case 1: {
      const stream = new BlockStream(key, encrypts, iv);
      return joined([stream.update(data), stream.final()]);
    }
    case 2:
      return webGcm(key, encrypts, data, iv, rest[1], rest[2]);
    default: {
      const check = new Uint8Array(8).fill(0xa6);
      return encrypts ? wrapKey(key, data, check) : unwrapKey(key, data, check);
    }
  }
}

/** Only the last `bits` of the counter count, and no block may come twice. */
function webCounter(key: AesKey, data: Uint8Array, iv: Uint8Array, bits: number): Uint8Array {
  const size = BigInt(bits);
  const blocks = BigInt(Math.ceil(data.length / 16));
  if (blocks > 1n << size) throw new Error("the counter repeats");
  const counter = toBigInt(iv);
  const untilWrap = (1n << size) - BigInt.asUintN(bits, counter);
  if (blocks <= untilWrap) return counterStream(key, iv).update(data);
  const first = Number(untilWrap) * 16;
  const start = fromBigInt((counter >> size) << size, 16);
  return joined([
    counterStream(key, iv).update(data.subarray(0, first)),
    counterStream(key, start).update(data.subarray(first)),
  ]);
}

function webGcm(
  key: AesKey,
  encrypts: boolean,
  data: Uint8Array,
  iv: Uint8Array,
  tag: unknown,
  additional: unknown,
): Uint8Array {
  const stream = gcmStream(key, encrypts, iv);
  if (additional !== undefined) stream.authenticate(bytesOfInput(additional));
  const made = stream.update(data);
  stream.final();
  if (encrypts) return joined([made, stream.tag().slice(0, Number(tag))]);
  const expected = bytesOfInput(tag);
  if (!isEqual(stream.tag().slice(0, expected.length), expected)) throw new Error("not authentic");
  return made;
}
