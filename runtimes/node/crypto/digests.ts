/**
 * Message digests: short input here, long input by the host where it can (host-codecs.ts), with the same
 * outcome. Names are OpenSSL's.
 */
import { blake2b, blake2s } from "@noble/hashes/blake2.js";
import { md5, ripemd160, sha1 } from "@noble/hashes/legacy.js";
import { sha224, sha256, sha384, sha512, sha512_224, sha512_256 } from "@noble/hashes/sha2.js";
import { sha3_224, sha3_256, sha3_384, sha3_512, shake128, shake256 } from "@noble/hashes/sha3.js";
import { CodecOperation } from "../../../kernel/abi.ts";
import type { Environment } from "../environment.ts";
import { type HostCodec, openHostCodec, STEP_MAX } from "../host-codecs.ts";

/** A library's digest: what HMAC and its kin are built on. */
export interface DigestFunction {
  (data: Uint8Array): Uint8Array;
  readonly outputLen: number;
  readonly blockLen: number;
  create(options?: never): DigestState;
}

interface DigestState {
  update(data: Uint8Array): unknown;
  digest(): Uint8Array;
  clone(): DigestState;
}

export interface DigestAlgorithm {
  readonly name: string;
  readonly run: DigestFunction;
  /** Output of any length: what the state for one of `length` is. */
  readonly extended: ((length: number) => DigestState) | undefined;
  /** DER of its object identifier, for signatures; none where OpenSSL signs with none. */
  readonly oid: string | undefined;
}

const sized = (run: unknown, length: number): DigestFunction => {
  const library = run as { (data: Uint8Array, options: object): Uint8Array; blockLen: number } & {
    create(options: object): DigestState;
  };
  const options = { dkLen: length };
  return Object.assign((data: Uint8Array) => library(data, options), {
    outputLen: length,
    blockLen: library.blockLen,
    create: () => library.create(options),
  });
};
const extended = (run: { create(options: { dkLen: number }): unknown }) => (length: number) =>
  run.create({ dkLen: length }) as DigestState;

const TABLE: readonly (readonly [name: string, run: unknown, oid?: string])[] = [
  ["md5", md5, "2a864886f70d0205"],
  ["sha1", sha1, "2b0e03021a"],
  ["sha224", sha224, "608648016503040204"],
  ["sha256", sha256, "608648016503040201"],
  ["sha384", sha384, "608648016503040202"],
  ["sha512", sha512, "608648016503040203"],
  ["sha512-224", sha512_224, "608648016503040205"],
  ["sha512-256", sha512_256, "608648016503040206"],
  ["sha3-224", sha3_224, "608648016503040207"],
  ["sha3-256", sha3_256, "608648016503040208"],
  ["sha3-384", sha3_384, "608648016503040209"],
  ["sha3-512", sha3_512, "60864801650304020a"],
  ["shake128", sized(shake128, 16)],
  ["shake256", sized(shake256, 32)],
  ["ripemd160", ripemd160, "2b24030201"],
  ["blake2b512", sized(blake2b, 64)],
  ["blake2s256", sized(blake2s, 32)],
];

const ALGORITHMS = new Map<string, DigestAlgorithm>(
  TABLE.map(([name, run, oid]) => {
    const xof = name === "shake128" ? extended(shake128) : undefined;
    const algorithm = {
      ...{ name, oid, run: run as DigestFunction },
      extended: name === "shake256" ? extended(shake256) : xof,
    };
    return [name, algorithm];
  }),
);

const SIGNATURES = "md5 sha1 sha224 sha256 sha384 sha512 sha512-224 sha512-256".split(" ");
const ALIASES: Readonly<Record<string, string>> = {
  ...Object.fromEntries(SIGNATURES.map((name) => [`RSA-${name.toUpperCase()}`, name])),
  ...Object.fromEntries(SIGNATURES.map((name) => [`${name}WithRSAEncryption`, name])),
  ...Object.fromEntries(
    ["224", "256", "384", "512"].flatMap((size) => [
      [`RSA-SHA3-${size}`, `sha3-${size}`],
      [`id-rsassa-pkcs1-v1_5-with-sha3-${size}`, `sha3-${size}`],
    ]),
  ),
  "RSA-SHA1-2": "sha1",
  "RSA-SHA512/224": "sha512-224",
  "RSA-SHA512/256": "sha512-256",
  "RSA-RIPEMD160": "ripemd160",
  ripemd160WithRSA: "ripemd160",
  ripemd: "ripemd160",
  rmd160: "ripemd160",
  "ssl3-md5": "md5",
  "ssl3-sha1": "sha1",
};
/** Names that are found but not listed. */
const UNLISTED: Readonly<Record<string, string>> = {
  "sha-1": "sha1",
  "sha-224": "sha224",
  "sha2-224": "sha224",
  "sha-256": "sha256",
  "sha2-256": "sha256",
  "sha-384": "sha384",
  "sha2-384": "sha384",
  "sha-512": "sha512",
  "sha2-512": "sha512",
  "sha-512/224": "sha512-224",
  "sha512/224": "sha512-224",
  "sha-512/256": "sha512-256",
  "sha512/256": "sha512-256",
  "shake-128": "shake128",
  "shake-256": "shake256",
  "ripemd-160": "ripemd160",
  "blake2b-512": "blake2b512",
  "blake2s-256": "blake2s256",
};

const found = new Map<string, DigestAlgorithm | undefined>();
for (const [alias, name] of Object.entries({ ...UNLISTED, ...ALIASES })) {
  found.set(alias.toLowerCase(), ALGORITHMS.get(name));
}
for (const [name, algorithm] of ALGORITHMS) found.set(name, algorithm);

export function digestAlgorithm(name: string): DigestAlgorithm | undefined {
  return found.get(name) ?? found.get(name.toLowerCase());
}

export function digestNames(): string[] {
  const hidden = new Set(["RSA-SHA512-224", "RSA-SHA512-256"]);
  const names = [...ALGORITHMS.keys(), ...Object.keys(ALIASES)].filter((name) => !hidden.has(name));
  return names.sort((a, b) => (a < b ? -1 : 1));
}

/** Bytes that are kept as they are, since many digests get no more. */
const SHORT = 2048;
/** Bytes at once from which the host is worth asking. */
const LONG = 16_384;
const NOTHING = new Uint8Array();

/** A digest of input that comes in pieces. */
export class DigestStream {
  readonly #env: Environment;
  readonly algorithm: DigestAlgorithm;
  readonly #length: number | undefined;
  #kept: Uint8Array[] = [];
  #keptBytes = 0;
  #state: DigestState | undefined;
  #host: HostCodec | undefined;

  /** `length`: of the output, for algorithms that have any. */
  constructor(env: Environment, algorithm: DigestAlgorithm, length?: number) {
    this.#env = env;
    this.algorithm = algorithm;
    this.#length = length;
  }

  /** Takes bytes, which may change afterwards. */
  update(data: Uint8Array): void {
    if (this.#host) this.#toHost(data);
    else if (this.#state) this.#state.update(data);
    else if (this.#keptBytes + data.length <= SHORT) {
      this.#kept.push(data.slice());
      this.#keptBytes += data.length;
    } else {
      this.#begin(data.length >= LONG);
      this.update(data);
    }
  }

  digest(): Uint8Array {
    if (this.#host) {
      const { made } = this.#host.step(
        CodecOperation.DigestEnd,
        NOTHING,
        this.algorithm.run.outputLen,
      );
      const result = made.slice();
      this.#host.close();
      this.#host = undefined;
      return result;
    }
    if (!this.#state && this.#length === undefined) return this.algorithm.run(this.#takeKept());
    if (!this.#state) this.#begin(false);
    return (this.#state as DigestState).digest();
  }

  copy(length: number | undefined): DigestStream {
    const copy = new DigestStream(this.#env, this.algorithm, length);
    copy.#kept = [...this.#kept];
    copy.#keptBytes = this.#keptBytes;
    copy.#state = this.#state?.clone();
    if (this.#host) {
      copy.#host = this.#host.copy();
      if (!copy.#host) throw new Error("the host has no room for another digest");
    }
    return copy;
  }

  #begin(isLong: boolean): void {
    const kept = this.#takeKept();
    if (isLong && this.#length === undefined) {
      this.#host = openHostCodec(this.#env, this.algorithm.name);
    }
    if (this.#host) {
      this.#toHost(kept);
      return;
    }
    this.#state =
      this.#length === undefined
        ? this.algorithm.run.create()
        : (this.algorithm.extended?.(this.#length) ?? this.algorithm.run.create());
    this.#state.update(kept);
  }

  #toHost(data: Uint8Array): void {
    for (let at = 0; at < data.length; at += STEP_MAX) {
      this.#host?.step(CodecOperation.DigestUpdate, data.subarray(at, at + STEP_MAX), 0);
    }
  }

  #takeKept(): Uint8Array {
    const kept = this.#kept;
    this.#kept = [];
    if (kept.length === 1) return kept[0] as Uint8Array;
    const whole = new Uint8Array(this.#keptBytes);
    let at = 0;
    for (const piece of kept) {
      whole.set(piece, at);
      at += piece.length;
    }
    return whole;
  }
}

/** HMAC (RFC 2104) over a DigestStream, so that long input goes the same way. */
export class MacStream {
  readonly #inner: DigestStream;
  readonly #outer: DigestStream;

  constructor(env: Environment, algorithm: DigestAlgorithm, key: Uint8Array) {
    const { run } = algorithm;
    const block = new Uint8Array(run.blockLen);
    block.set(key.length > block.length ? run(key) : key);
    this.#inner = new DigestStream(env, algorithm);
    this.#outer = new DigestStream(env, algorithm);
    this.#inner.update(block.map((byte) => byte ^ 0x36));
    this.#outer.update(block.map((byte) => byte ^ 0x5c));
  }

  update(data: Uint8Array): void {
    this.#inner.update(data);
  }

  digest(): Uint8Array {
    this.#outer.update(this.#inner.digest());
    return this.#outer.digest();
  }
}
