/** Keys of guests that OpenSSL would reckon with for days; and those that programs have. */
import { createPrivateKey, generateKeyPairSync } from "node:crypto";
import { expect, test } from "vitest";
import { type Answer, pack, unpack } from "../../../../runtimes/node/tls/messages.ts";
import { soundDer, soundPem } from "../../../../src/platforms/tls/private-key.ts";
import { CERTIFICATE, KEY } from "../../../runtimes/node/tls/certificate.ts";
import { LIBRARIES } from "./libraries.ts";

const soundKey = (der: Buffer) =>
  createPrivateKey({ key: Buffer.from(soundDer(der)), format: "der", type: "pkcs8" });
const DSA = Buffer.from("06072a8648ce380401", "hex");
const RSA = Buffer.from("06092a864886f70d0101010500", "hex");
const NOTHING = Buffer.alloc(0);

function element(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const value = Buffer.concat(parts);
  const size = Buffer.alloc(4);
  size.writeUInt32BE(value.length);
  const start = size.findIndex((byte) => byte !== 0);
  const length =
    value.length < 128
      ? Buffer.from([value.length])
      : Buffer.concat([Buffer.from([0x80 + 4 - start]), size.subarray(start)]);
  return Buffer.concat([Buffer.from([tag]), length, value]);
}

const sequence = (...parts: readonly Uint8Array[]) => element(0x30, ...parts);

function number(value: bigint): Buffer {
  const hex = value.toString(16);
  const digits = Buffer.from(hex.length % 2 ? `0${hex}` : hex, "hex");
  return element(2, (digits[0] as number) > 0x7f ? Buffer.from([0]) : NOTHING, digits);
}

const large = (bits: number) => (1n << BigInt(bits)) - 9n;
const pkcs8 = (algorithm: Uint8Array, key: Uint8Array) =>
  sequence(number(0n), sequence(algorithm), element(4, key));
const dsa = (bits: number) =>
  pkcs8(
    Buffer.concat([DSA, sequence(number(large(bits)), number(large(160)), number(3n))]),
    number(large(bits)),
  );
const pem = (der: Buffer, label = "PRIVATE KEY") =>
  `-----BEGIN ${label}-----\n${der.toString("base64")}\n-----END ${label}-----\n`;

const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
const jwk = privateKey.export({ format: "jwk" });
const part = (name: "n" | "e" | "d" | "p" | "q" | "dp" | "dq" | "qi") =>
  BigInt(`0x${Buffer.from(jwk[name] as string, "base64url").toString("hex")}`);
const NAMES = ["n", "e", "d", "p", "q", "dp", "dq", "qi"] as const;
const rsa = (changes: Partial<Record<(typeof NAMES)[number], bigint>>) =>
  sequence(number(0n), ...NAMES.map((name) => number(changes[name] ?? part(name))));

test("keys that programs have are the same keys afterwards", () => {
  const keys = [
    privateKey,
    generateKeyPairSync("rsa-pss", { modulusLength: 2048 }).privateKey,
    generateKeyPairSync("ec", { namedCurve: "P-384" }).privateKey,
    generateKeyPairSync("ec", { namedCurve: "P-256", paramEncoding: "explicit" }).privateKey,
    generateKeyPairSync("ed25519").privateKey,
    generateKeyPairSync("dsa", { modulusLength: 1024, divisorLength: 160 }).privateKey,
  ];
  for (const key of keys) {
    const text = key.export({ type: "pkcs8", format: "pem" }).toString();
    expect(createPrivateKey(soundPem(text)).equals(key), key.asymmetricKeyType).toBe(true);
    expect(soundKey(key.export({ type: "pkcs8", format: "der" })).equals(key)).toBe(true);
  }
  const forms = [
    privateKey.export({ type: "pkcs1", format: "pem" }),
    keys[2]?.export({ type: "sec1", format: "pem" }),
    `words before\n${KEY.replaceAll("\n", " \r\n")}`,
    pem(rsa({}), "RSA PRIVATE KEY"),
  ];
  for (const form of forms) expect(createPrivateKey(soundPem(String(form))).type).toBe("private");
});

test("numbers that would take days are refused, in every form", () => {
  const huge = large(30_000);
  const bad = [
    dsa(30_000),
    pkcs8(RSA, rsa({ dp: huge })),
    pkcs8(RSA, rsa({ p: large(4000), q: large(4000) })),
    pkcs8(RSA, rsa({ d: part("n") + 2n })),
    pkcs8(RSA, rsa({ e: part("d") })),
    pkcs8(RSA, rsa({ dq: part("dq") + 2n })),
    pkcs8(RSA, rsa({ n: huge })),
    pkcs8(RSA, rsa({ p: 0n })),
    rsa({ p: huge, dp: huge }),
    sequence(number(0n), number(huge), number(huge), number(huge), number(huge), number(huge)),
  ];
  for (const der of bad) {
    expect(() => soundKey(der)).toThrow(RangeError);
    for (const label of ["PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY"]) {
      expect(() => soundPem(pem(der, label))).toThrow(RangeError);
    }
  }
  expect(soundKey(dsa(1024)).asymmetricKeyType).toBe("dsa");
  expect(soundKey(pkcs8(RSA, rsa({}))).asymmetricKeyType).toBe("rsa");
});

test("what is no key leaves nothing for OpenSSL to read", () => {
  for (const text of [
    "",
    "nothing",
    CERTIFICATE,
    "-----BEGIN PRIVATE KEY-----\n",
    pem(dsa(99), "X PRIVATE KEY"),
  ]) {
    expect(soundPem(text)).toBe("");
  }
  for (const der of ["", "30", "3080", "308400000001", "30030201", "020100"]) {
    expect(() => soundKey(Buffer.from(der, "hex"))).toThrow(RangeError);
  }
});

test.each(Object.entries(LIBRARIES))(
  "contexts of %s and questions about certificates look at keys first",
  async (_name, tls) => {
    const context = tls.open("context", undefined);
    const ask = async (operation: string, values: readonly unknown[]) =>
      unpack(await context.call(pack({ operation, values }), [])) as Answer;
    await ask("init", [null, 0, 0]);
    expect((await ask("setKey", [pem(dsa(30_000))])).error?.type).toBe("RangeError");
    expect((await ask("setKey", ["nothing"])).error?.fields["code"]).toBe("ERR_OSSL_UNSUPPORTED");
    expect(await ask("setCert", [CERTIFICATE])).not.toHaveProperty("error");
    expect(await ask("setKey", [KEY])).not.toHaveProperty("error");
    context.close();
    const about = (key: Uint8Array) =>
      unpack(
        tls.ask(pack({ operation: "checkPrivateKey", values: [Buffer.from(CERTIFICATE), key] })),
      ) as Answer;
    expect(about(dsa(30_000)).error?.type).toBe("RangeError");
    expect(about(createPrivateKey(KEY).export({ type: "pkcs8", format: "der" })).value).toBe(true);
  },
);
