/** Hash and Hmac of the crypto binding (crypto_hash.cc, crypto_hmac.cc). */
import type { Binding, Environment } from "../environment.ts";
import { bytesOfInput, inEncoding, secretOf } from "./context.ts";
import {
  type DigestAlgorithm,
  DigestStream,
  digestAlgorithm,
  digestNames,
  MacStream,
} from "./digests.ts";
import { invalidDigest, openSslError } from "./errors.ts";
import { arrayBufferOf, jobClass } from "./jobs.ts";

const NOTHING = new Uint8Array();
/** kSignJobModeVerify. */
const VERIFY = 1;

export function hashClasses(env: Environment): Binding {
  class Hash {
    readonly #stream: DigestStream;
    #result: Uint8Array | undefined;

    constructor(from: string | Hash, length: number | undefined) {
      const [algorithm, copied] =
        from instanceof Hash ? [from.#stream.algorithm, from.#stream] : [digestAlgorithm(from)];
      if (!algorithm) throw new Error("Digest method not supported");
      const wanted = lengthOf(algorithm, length);
      if (wanted === 0) this.#result = NOTHING;
      this.#stream = copied ? copied.copy(wanted) : new DigestStream(env, algorithm, wanted);
    }

    update(data: unknown, encoding: unknown): boolean {
      this.#stream.update(bytesOfInput(data, encoding));
      return true;
    }

    digest(encoding: unknown): unknown {
      this.#result ??= this.#stream.digest();
      return inEncoding(env, this.#result, encoding);
    }
  }

  class Hmac {
    #stream: MacStream | undefined;

    init(name: string, key: unknown): void {
      this.#stream = new MacStream(env, algorithmOf(name), secretOf(key));
    }

    update(data: unknown, encoding: unknown): boolean {
      if (!this.#stream) return false;
      this.#stream.update(bytesOfInput(data, encoding));
      return true;
    }

    digest(encoding: unknown): unknown {
      const result = this.#stream?.digest() ?? NOTHING;
      this.#stream = undefined;
      return inEncoding(env, result, encoding);
    }
  }

  return {
    Hash,
    Hmac,
    getHashes: digestNames,
    getCachedAliases: () => ({}),

    oneShotDigest(name: string, _id: number, _cache: object, data: unknown, encoding: unknown) {
      const algorithm = digestAlgorithm(name);
      if (!algorithm) throw new Error(`Digest method ${name} is not supported`);
      return inEncoding(env, digestOf(env, algorithm, bytesOfInput(data)), encoding);
    },

    HashJob: jobClass(env, "HASHREQUEST", (name: string, data: unknown, bits?: number) => {
      const algorithm = algorithmOf(name);
      const bytes = bytesOfInput(data).slice();
      const length = bits === undefined ? undefined : lengthOf(algorithm, bits / 8);
      return () => {
        const stream = new DigestStream(env, algorithm, length);
        stream.update(bytes);
        return arrayBufferOf(stream.digest());
      };
    }),

    HmacJob: jobClass(
      env,
      "SIGNREQUEST",
      (mode: number, name: string, key: unknown, data: unknown, signature?: unknown) => {
        const stream = new MacStream(env, algorithmOf(name), secretOf(key));
        const bytes = bytesOfInput(data).slice();
        const expected = mode === VERIFY ? bytesOfInput(signature).slice() : NOTHING;
        return () => {
          stream.update(bytes);
          const mac = stream.digest();
          return mode === VERIFY ? isEqual(mac, expected) : arrayBufferOf(mac);
        };
      },
    ),

    internalVerifyIntegrity(name: string, data: unknown, expected: unknown, encoding: unknown) {
      const digest = digestOf(env, algorithmOf(name), bytesOfInput(data));
      const wanted = bytesOfInput(expected, encoding ?? "base64");
      return isEqual(digest, wanted) ? undefined : inEncoding(env, digest, "base64");
    },
  };
}

export function algorithmOf(name: string): DigestAlgorithm {
  const algorithm = digestAlgorithm(name);
  if (!algorithm) throw invalidDigest(name);
  return algorithm;
}

export function digestOf(env: Environment, algorithm: DigestAlgorithm, data: Uint8Array) {
  const stream = new DigestStream(env, algorithm);
  stream.update(data);
  return stream.digest();
}

/** Looks at every byte, wherever the difference is. */
export function isEqual(left: Uint8Array, right: Uint8Array): boolean {
  if (left.length !== right.length) return false;
  let difference = 0;
  for (let i = 0; i < left.length; i++) difference |= (left[i] as number) ^ (right[i] as number);
  return difference === 0;
}

/** What a digest of another length than its own is asked for with; undefined: its own. */
function lengthOf(algorithm: DigestAlgorithm, length: number | undefined): number | undefined {
  if (length === undefined || length === algorithm.run.outputLen) return undefined;
  if (algorithm.extended) return length;
  throw openSslError("030000B2", "digital envelope routines", "not XOF or invalid length", {
    code: "EVP_NOT_XOF_OR_INVALID_LENGTH",
  });
}
