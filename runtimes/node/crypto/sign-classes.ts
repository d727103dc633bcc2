/** Sign, Verify and SignJob of the crypto binding (crypto_sig.cc). */
import { bufferOf } from "../buffers.ts";
import type { Binding, Environment } from "../environment.ts";
import { codedError } from "../errors.ts";
import { type Bytes, bytesOf } from "../text/bytes.ts";
import { bytesOfInput } from "./context.ts";
import { DigestStream, digestAlgorithm } from "./digests.ts";
import { invalidDigest, invalidState } from "./errors.ts";
import { arrayBufferOf, jobClass } from "./jobs.ts";
import { keyOf } from "./key-classes.ts";
import {
  type SignatureOptions,
  signData,
  signDigest,
  verifyData,
  verifyDigest,
} from "./signatures.ts";

const P1363 = 1;
const VERIFY = 1;

type KeyArguments = [data: unknown, format?: number, type?: number, passphrase?: Bytes];

export function signClasses(env: Environment): Binding {
  class Base {
    #stream: DigestStream | undefined;

    init(name: string): void {
      // An old name of DSA's digest, which signatures alone know.
      const algorithm = digestAlgorithm(name.toLowerCase() === "dss1" ? "sha1" : name);
      if (!algorithm) throw codedError(TypeError, "ERR_CRYPTO_INVALID_DIGEST", "Invalid digest");
      this.#stream = new DigestStream(env, algorithm);
    }

    update(data: unknown, encoding: unknown): void {
      if (!this.#stream) throw invalidState("Not initialised");
      this.#stream.update(bytesOfInput(data, encoding));
    }

    protected take(): DigestStream {
      const stream = this.#stream;
      if (!stream) throw invalidState("Not initialised");
      this.#stream = undefined;
      return stream;
    }
  }

  class Sign extends Base {
    sign(...args: [...KeyArguments, ...SignatureArguments]): unknown {
      const [data, format, type, passphrase, ...rest] = args;
      const key = keyOf("private", data, format, type, passphrase);
      const stream = this.take();
      const { algorithm } = stream;
      const options = optionsOf(...(rest as SignatureArguments));
      return bufferOf(env, signDigest(env, key, algorithm, stream.digest(), options));
    }
  }

  class Verify extends Base {
    verify(...args: [...KeyArguments, signature: Bytes, ...SignatureArguments]): boolean {
      const [data, format, type, passphrase, signature, ...rest] = args;
      const key = keyOf("public", data, format, type, passphrase);
      const stream = this.take();
      const options = optionsOf(...(rest as SignatureArguments));
      const bytes = bytesOf(signature as Bytes);
      return verifyDigest(key, stream.algorithm, stream.digest(), bytes, options);
    }
  }

  return {
    Sign,
    Verify,
    SignJob: jobClass(
      env,
      "SIGNREQUEST",
      (
        mode: number,
        ...args: [
          ...key: [unknown, number?, number?, Bytes?],
          data: Bytes,
          digest: string | undefined,
          saltLength: number | undefined,
          padding: number | undefined,
          encoding: number | undefined,
          signature?: Bytes,
        ]
      ) => {
        const [keyData, format, type, passphrase, data, digest, saltLength, padding] = args;
        const kind = mode === VERIFY ? "public" : "private";
        const key = keyOf(kind, keyData, format, type, passphrase);
        if (digest !== undefined && digest !== null && !digestAlgorithm(digest)) {
          throw invalidDigest(digest);
        }
        const bytes = bytesOfInput(data).slice();
        const signature = args[9] ? bytesOf(args[9]).slice() : new Uint8Array();
        const options = optionsOf(padding, saltLength, args[8]);
        const name = digest ?? undefined;
        return () => {
          if (mode === VERIFY) return verifyData(key, name, bytes, signature, options);
          return arrayBufferOf(signData(env, key, name, bytes, options));
        };
      },
    ),
  };
}

type SignatureArguments = [padding?: number, saltLength?: number, encoding?: number];

function optionsOf(...[padding, saltLength, encoding]: SignatureArguments): SignatureOptions {
  return { padding, saltLength, p1363: encoding === P1363 };
}
