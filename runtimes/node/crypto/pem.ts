/** PEM (RFC 7468): labelled base64, and the older way to encrypt it. */
import { md5 } from "@noble/hashes/legacy.js";
import { joined } from "../../../kernel/bytes.ts";
import { decodeBase64, decodeHex, encodeBase64, encodeHex } from "../text/base64.ts";
import { decodeLatin1 } from "../text/units.ts";
import { type CipherAlgorithm, cipherAlgorithm, cipherStream } from "./ciphers.ts";

export interface PemBlock {
  readonly label: string;
  readonly headers: ReadonlyMap<string, string>;
  readonly bytes: Uint8Array;
}

const BLOCK = /-----BEGIN ([^-\r\n]+)-----[ \t]*\r?\n([\s\S]*?)-----END \1-----/g;
const LINE = 64;

export function readPem(input: Uint8Array): PemBlock[] {
  return Array.from(decodeLatin1(input).matchAll(BLOCK), ([, label = "", body = ""]) => {
    const headers = new Map<string, string>();
    let text = body;
    const [head, ...rest] = body.split(/\r?\n\r?\n/);
    if (rest.length > 0 && head?.includes(":")) {
      for (const line of head.split(/\r?\n/)) {
        const colon = line.indexOf(":");
        headers.set(line.slice(0, colon).trim(), line.slice(colon + 1).trim());
      }
      text = rest.join("\n");
    }
    const bytes = new Uint8Array(text.length);
    return { label, headers, bytes: bytes.slice(0, decodeBase64(text, bytes, 0, bytes.length)) };
  });
}

export function writePem(
  label: string,
  bytes: Uint8Array,
  headers: readonly string[] = [],
): string {
  const text = encodeBase64(bytes, "base64");
  const lines: string[] = [];
  for (let at = 0; at < text.length; at += LINE) lines.push(text.slice(at, at + LINE));
  const head = headers.length > 0 ? [...headers, ""] : [];
  return [`-----BEGIN ${label}-----`, ...head, ...lines, `-----END ${label}-----`, ""].join("\n");
}

/** Decrypts what `DEK-Info` says (RFC 1423); undefined for a cipher that is unknown. */
export function decryptPem({ headers, bytes }: PemBlock, password: Uint8Array) {
  const [name = "", hex = ""] = (headers.get("DEK-Info") ?? "").split(",");
  const algorithm = cipherAlgorithm(name);
  if (!algorithm) return undefined;
  const iv = new Uint8Array(hex.length >> 1);
  decodeHex(hex, iv, 0, iv.length);
  const key = passwordKey(password, iv, algorithm);
  const stream = cipherStream(algorithm, {
    key,
    iv,
    encrypts: false,
    tagLength: 0,
    random: noRandom,
  });
  return joined([stream.update(bytes), stream.final()]);
}

export function encryptPem(
  label: string,
  bytes: Uint8Array,
  algorithm: CipherAlgorithm,
  password: Uint8Array,
  iv: Uint8Array,
): string {
  const key = passwordKey(password, iv, algorithm);
  const stream = cipherStream(algorithm, {
    key,
    iv,
    encrypts: true,
    tagLength: 0,
    random: noRandom,
  });
  const encrypted = joined([stream.update(bytes), stream.final()]);
  const info = `DEK-Info: ${algorithm.name.toUpperCase()},${encodeHex(iv).toUpperCase()}`;
  return writePem(label, encrypted, ["Proc-Type: 4,ENCRYPTED", info]);
}

/** What CBC never asks for. */
export const noRandom = (length: number) => new Uint8Array(length);

/** EVP_BytesToKey with MD5 and one round. */
function passwordKey(password: Uint8Array, iv: Uint8Array, algorithm: CipherAlgorithm) {
  let key: Uint8Array = new Uint8Array();
  let last: Uint8Array = new Uint8Array();
  while (key.length < algorithm.keyLength) {
    last = md5(joined([last, password, iv.subarray(0, 8)]));
    key = joined([key, last]);
  }
  return key.slice(0, algorithm.keyLength);
}
