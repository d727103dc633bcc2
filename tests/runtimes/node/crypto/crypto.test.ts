import * as host from "node:crypto";
import { describe, expect, test } from "vitest";
import { joined } from "../../../../kernel/bytes.ts";
import { KernelError } from "../../../../kernel/index.ts";
import {
  type AuthenticatedStream,
  cipherAlgorithm,
  cipherStream,
  isAuthenticated,
} from "../../../../runtimes/node/crypto/ciphers.ts";
import {
  DigestStream,
  digestAlgorithm,
  digestNames,
  MacStream,
} from "../../../../runtimes/node/crypto/digests.ts";
import { groupPrime } from "../../../../runtimes/node/crypto/groups.ts";
import {
  Encoding,
  Format,
  readPrivateKey,
  readPublicKey,
  writeKey,
} from "../../../../runtimes/node/crypto/key-text.ts";
import {
  fromBigInt,
  isProbablePrime,
  modPow,
  randomPrime,
} from "../../../../runtimes/node/crypto/random.ts";
import { signData, verifyData } from "../../../../runtimes/node/crypto/signatures.ts";
import type { Environment } from "../../../../runtimes/node/environment.ts";

/** A process on a host without codecs, whose randomness is this one's. */
const env = {
  sys: {
    getrandom: (target: Uint8Array) => host.randomFillSync(target).length,
    codec_open() {
      throw new KernelError(38 as never);
    },
  },
} as unknown as Environment;

const random = (length: number) => new Uint8Array(host.randomBytes(length));
const OPTIONS = { padding: undefined, saltLength: undefined, p1363: false };
const TEXT = Buffer.from("the quick brown fox ".repeat(20));

test("digests are the host's, in pieces and at once", () => {
  for (const name of digestNames()) {
    const stream = new DigestStream(env, digestAlgorithm(name) as never);
    for (let at = 0; at < 5000; at += 700) stream.update(Buffer.alloc(700, at));
    const theirs = host.createHash(name);
    for (let at = 0; at < 5000; at += 700) theirs.update(Buffer.alloc(700, at));
    expect(Buffer.from(stream.digest()).toString("hex"), name).toBe(theirs.digest("hex"));
  }
  const mac = new MacStream(env, digestAlgorithm("sha512") as never, Buffer.alloc(200, 7));
  mac.update(TEXT);
  const theirs = host.createHmac("sha512", Buffer.alloc(200, 7)).update(TEXT).digest();
  expect(Buffer.from(mac.digest()).equals(theirs)).toBe(true);
});

test.each([
  ...["aes-128-cbc", "aes-192-ecb", "aes-256-ctr", "aes-128-cfb", "aes-128-cfb8", "aes-128-ofb"],
  ...["aes-256-gcm", "chacha20-poly1305", "chacha20", "des-ede3-cbc"],
])("%s agrees with the host, whatever the pieces", (name) => {
  const algorithm = cipherAlgorithm(name) as NonNullable<ReturnType<typeof cipherAlgorithm>>;
  const key = random(algorithm.keyLength);
  const iv = random(algorithm.ivLength);
  const parts = { key, iv, tagLength: 16, random };
  const pieces = [TEXT.subarray(0, 1), TEXT.subarray(1, 50), TEXT.subarray(50)];

  const ours = cipherStream(algorithm, { ...parts, encrypts: true });
  const authenticated = isAuthenticated(algorithm);
  if (authenticated) (ours as AuthenticatedStream).authenticate(Buffer.from("aad"));
  const made = joined([...pieces.map((piece) => ours.update(new Uint8Array(piece))), ours.final()]);

  const theirs = host.createCipheriv(
    name as "aes-256-gcm",
    key,
    algorithm.ivLength ? iv : (null as never),
  );
  if (authenticated) theirs.setAAD(Buffer.from("aad"));
  const expected = Buffer.concat([theirs.update(TEXT), theirs.final()]);
  expect(Buffer.from(made).equals(expected)).toBe(true);
  if (authenticated) {
    expect(Buffer.from((ours as AuthenticatedStream).tag()).equals(theirs.getAuthTag())).toBe(true);
  }

  const back = cipherStream(algorithm, { ...parts, encrypts: false });
  const text = joined([back.update(made.slice(0, 3)), back.update(made.slice(3)), back.final()]);
  expect(Buffer.from(text).equals(TEXT)).toBe(true);
});

describe("keys", () => {
  const pairs = {
    rsa: host.generateKeyPairSync("rsa", { modulusLength: 1024 }),
    ec: host.generateKeyPairSync("ec", { namedCurve: "P-384" }),
    ed25519: host.generateKeyPairSync("ed25519"),
    ed448: host.generateKeyPairSync("ed448"),
  };

  test.each(Object.entries(pairs))("%s is read, written, and signs as the host's", (type, pair) => {
    const password = Buffer.from("secret");
    const pem = pair.privateKey.export({
      ...{ type: "pkcs8", format: "pem" },
      ...{ cipher: "aes-256-cbc", passphrase: "secret" },
    }) as string;
    const key = readPrivateKey(Buffer.from(pem), Format.Pem, undefined, password);
    const publicPem = pair.publicKey.export({ type: "spki", format: "pem" }) as string;
    const publicKey = readPublicKey(Buffer.from(publicPem), Format.Pem, undefined, undefined);

    const spki = {
      format: Format.Pem,
      type: Encoding.Spki,
      cipher: undefined,
      password: undefined,
    };
    expect(writeKey(env, publicKey, spki)).toBe(publicPem);
    const cipher = "aes-128-cbc";
    const written = writeKey(env, key, { ...spki, type: Encoding.Pkcs8, cipher, password });
    const again = host.createPrivateKey({ key: written as string, passphrase: "secret" });
    expect(again.equals(pair.privateKey)).toBe(true);

    const digest = type.startsWith("ed") ? undefined : "sha256";
    const signature = signData(env, key, digest, TEXT, OPTIONS);
    expect(host.verify(digest, TEXT, pair.publicKey, signature)).toBe(true);
    const theirs = host.sign(digest, TEXT, pair.privateKey);
    expect(verifyData(publicKey, digest, TEXT, theirs, OPTIONS)).toBe(true);
    theirs[10] = (theirs[10] as number) ^ 1;
    expect(verifyData(publicKey, digest, TEXT, theirs, OPTIONS)).toBe(false);
  });

  test("RSA-PSS agrees with the host", () => {
    const pem = pairs.rsa.privateKey.export({ type: "pkcs1", format: "pem" });
    const key = readPrivateKey(Buffer.from(pem), Format.Pem, undefined, undefined);
    const options = { ...OPTIONS, padding: 6, saltLength: 20 };
    const signature = signData(env, key, "sha256", TEXT, options);
    const publicKey = { key: pairs.rsa.publicKey, padding: 6, saltLength: 20 };
    expect(host.verify("sha256", TEXT, publicKey, signature)).toBe(true);
    const privateKey = { key: pairs.rsa.privateKey, padding: 6 };
    const theirs = host.sign("sha256", TEXT, privateKey);
    const any = { ...options, saltLength: -2 };
    expect(verifyData({ ...key }, "sha256", TEXT, theirs, any)).toBe(true);
  });

  test("a wrong password and what is no key are OpenSSL's errors", () => {
    const pem = pairs.ec.privateKey.export({
      ...{ type: "pkcs8", format: "pem" },
      ...{ cipher: "aes-256-cbc", passphrase: "secret" },
    });
    const read = (text: string | Buffer, password?: Buffer) => () =>
      readPrivateKey(Buffer.from(text), Format.Pem, undefined, password);
    expect(read(pem, Buffer.from("wrong"))).toThrow("bad decrypt");
    expect(read(pem)).toThrow("interrupted or cancelled");
    expect(read("garbage")).toThrow("DECODER routines::unsupported");
  });
});

describe("numbers", () => {
  test("groups are those of the RFCs", () => {
    for (const name of ["modp5", "modp14"]) {
      const theirs = host.getDiffieHellman(name).getPrime("hex");
      expect(groupPrime(name)?.toString(16)).toBe(theirs);
    }
    expect(groupPrime("modp99")).toBeUndefined();
  });

  test("primes have their size and kind", () => {
    for (const bits of [3, 8, 33, 64, 256]) {
      const prime = randomPrime(env, bits);
      expect(prime.toString(2).length).toBe(bits);
      expect(host.checkPrimeSync(prime)).toBe(true);
    }
    const safe = randomPrime(env, 128, { safe: true });
    expect(host.checkPrimeSync(safe) && host.checkPrimeSync(safe >> 1n)).toBe(true);
    const added = randomPrime(env, 64, { add: 12n, rem: 5n });
    expect([added % 12n, host.checkPrimeSync(added)]).toEqual([5n, true]);
    expect(isProbablePrime(env, 561n, 10)).toBe(false);
    expect(isProbablePrime(env, (1n << 127n) - 1n, 10)).toBe(true);
  });

  test("powers and bytes", () => {
    expect(modPow(3n, 1000n, 1_000_007n)).toBe(3n ** 1000n % 1_000_007n);
    expect([...fromBigInt(256n)]).toEqual([1, 0]);
    expect([...fromBigInt(1n, 3)]).toEqual([0, 0, 1]);
  });
});
