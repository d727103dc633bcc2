/** What both libraries say of certificates: the same of every authority that Node ships. */
import { rootCertificates } from "node:tls";
import { expect, test } from "vitest";
import { CERTIFICATE, KEY } from "../../../runtimes/node/tls/certificate.ts";
import { ask, LIBRARIES } from "./libraries.ts";

const { node, openssl } = LIBRARIES;
const certificate = Buffer.from(CERTIFICATE);
const der = (pem: string) => Buffer.from(pem.replace(/-----[^-]+-----|\s/g, ""), "base64");

/** Without what has no value, as messages leave it out; exponents are in capitals in newer releases of Node. */
function plain(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value, (key, item) =>
      key === "exponent" ? item.toLowerCase() : (item ?? undefined),
    ),
  );
}

function both(operation: string, ...values: readonly unknown[]): [unknown, unknown] {
  return [openssl, node].map((tls) => plain(ask(tls as never, operation, ...values))) as never;
}

test("each authority is described as Node describes it", () => {
  for (const pem of [CERTIFICATE, ...rootCertificates]) {
    const [ours, nodes] = both("certificate", Buffer.from(pem));
    expect(ours).toEqual(nodes);
  }
});

test.each([
  ["checkHost", "a.test", 0],
  ["checkHost", "A.TEST", 0],
  ["checkHost", "c.test", 0],
  ["checkHost", "", 0],
  ["checkEmail", "a@a.test", 0],
  ["checkIP", "127.0.0.1"],
  ["checkIP", "127.0.0.2"],
  ["checkIP", "nothing"],
])("%s of %j has Node's answer", (operation, ...values) => {
  const [ours, nodes] = both(operation, certificate, ...values);
  expect(ours).toEqual(nodes);
});

test("issuers, keys and signatures are checked as Node checks them", () => {
  const other = Buffer.from(rootCertificates[0] as string);
  const { value } = ask(node as never, "certificate", certificate);
  const { publicKey } = value as { publicKey: Uint8Array };
  const { value: foreign } = ask(node as never, "certificate", other);
  const foreignKey = (foreign as { publicKey: Uint8Array }).publicKey;
  const questions: [string, Uint8Array, boolean][] = [
    ["checkIssued", certificate, true],
    ["checkIssued", other, false],
    ["verify", publicKey, true],
    ["verify", foreignKey, false],
    ["checkPrivateKey", der(KEY), true],
  ];
  for (const [operation, argument, expected] of questions) {
    const [ours, nodes] = both(operation, certificate, argument);
    expect(ours, operation).toEqual({ value: expected });
    expect(nodes, operation).toEqual({ value: expected });
  }
});

test("what is no certificate is Node's error", () => {
  for (const encoded of [
    "x",
    "",
    "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n",
  ]) {
    const [ours, nodes] = both("certificate", Buffer.from(encoded));
    expect(ours).toEqual(nodes);
  }
});

test("the ciphers are among Node's, and those that it prefers are there", () => {
  const [ours, nodes] = both("ciphers") as [{ value: string[] }, { value: string[] }];
  expect(ours.value.filter((name) => !nodes.value.includes(name))).toEqual([]);
  expect(ours.value).toEqual(
    expect.arrayContaining([
      "tls_aes_256_gcm_sha384",
      "tls_chacha20_poly1305_sha256",
      "ecdhe-rsa-aes128-gcm-sha256",
      "ecdhe-ecdsa-chacha20-poly1305",
      "dhe-rsa-aes256-gcm-sha384",
    ]),
  );
});
