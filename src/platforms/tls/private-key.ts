/**
 * Private keys of guests, read before OpenSSL sees them. It reckons with whatever numbers a key has, some
 * of them while it only reads it, and a key of a few kilobytes can keep the kernel's thread for days. So
 * its form is read here, its numbers are bounded and must fit together, and what goes on is written anew.
 */
import { decodeBase64, encodeBase64, encodeHex } from "../../../runtimes/node/text/base64.ts";

/** Larger moduli would take seconds for each signature. */
const RSA_BITS_MAX = 8192;
/** DSA has public keys reckoned when it is read; nothing else has numbers as large. */
const NUMBER_BITS_MAX = 3072;
const EXPONENT_BITS_MAX = 64;
/** DER of an RSA key of that size takes less. */
const DER_MAX = 16_384;
const DEPTH_MAX = 8;

const INTEGER = 0x02;
const OCTET_STRING = 0x04;
const SEQUENCE = 0x30;
const CONSTRUCTED = 0x20;

/** rsaEncryption and id-RSASSA-PSS */
const RSA_ALGORITHMS = ["2a864886f70d010101", "2a864886f70d01010a"];

/** The same key in PEM, to the letter what was looked at; nothing where `text` has no key that is not encrypted. */
export function soundPem(text: string): string {
  const [, label, base64] = PEM.exec(text) ?? [];
  if (label === undefined || base64 === undefined) return "";
  const der = new Uint8Array(base64.length);
  const sound = soundDer(der.subarray(0, decodeBase64(base64, der, 0, der.length)));
  const lines = encodeBase64(sound, "base64").replace(/.{64}(?=.)/g, "$&\n");
  const name = `${label}PRIVATE KEY`;
  return `-----BEGIN ${name}-----\n${lines}\n-----END ${name}-----\n`;
}

const PEM =
  /-----BEGIN ((?:RSA |EC |DSA )?)PRIVATE KEY-----[ \t\r]*\n([A-Za-z0-9+/=\s]+)-----END \1PRIVATE KEY-----/;

/** `der` up to its end; a RangeError for what no TLS would use. */
export function soundDer(der: Uint8Array): Uint8Array {
  if (der.length > DER_MAX) refuse();
  const [key] = elements(der, 1);
  if (key?.tag !== SEQUENCE) return refuse();
  const rsa = rsaNumbers(key.value);
  if (rsa) requireRsa(rsa);
  else requireSmall(key.value, 0);
  return der.subarray(0, key.end);
}

interface Element {
  readonly tag: number;
  readonly value: Uint8Array;
  readonly end: number;
}

/** Up to `most` elements of definite length. */
function elements(der: Uint8Array, most = Number.POSITIVE_INFINITY): Element[] {
  const found: Element[] = [];
  for (let at = 0; at < der.length && found.length < most; ) {
    const tag = der[at] as number;
    const first = der[at + 1] ?? refuse();
    const wide = first < 0x80 ? 0 : first - 0x80;
    // Indefinite lengths and tags of several bytes are nothing that keys have.
    if (first === 0x80 || wide > 3 || (tag & 0x1f) === 0x1f) refuse();
    const start = at + 2 + wide;
    if (start > der.length) refuse();
    const length = wide === 0 ? first : Number(bigOf(der.subarray(at + 2, start)));
    const end = start + length;
    if (end > der.length) refuse();
    found.push({ tag, value: der.subarray(start, end), end });
    at = end;
  }
  return found;
}

/** Those of an RSA key in PKCS #1, or in PKCS #8; undefined for other keys. */
function rsaNumbers(key: Uint8Array): Element[] | undefined {
  const parts = elements(key);
  const [, second, third] = parts;
  if (parts[0]?.tag !== INTEGER) refuse();
  // DSA's old form has six numbers.
  if (second?.tag === INTEGER) return parts.length > 6 ? parts : undefined;
  if (second?.tag !== SEQUENCE || third?.tag !== OCTET_STRING) return undefined;
  const [algorithm] = elements(second.value);
  if (!RSA_ALGORITHMS.includes(encodeHex(algorithm?.value ?? new Uint8Array()))) return undefined;
  const [inner] = elements(third.value, 1);
  return inner?.tag === SEQUENCE ? elements(inner.value) : refuse();
}

/** Signing takes the time of its modulus, since each number follows from the others. */
function requireRsa(parts: readonly Element[]): void {
  if (parts.length !== 9 || parts.some(({ tag }) => tag !== INTEGER)) refuse();
  const sizes = parts.map(({ value }) => value.length * 8);
  if (Math.max(...sizes) > RSA_BITS_MAX + 8) {
    throw new RangeError(`RSA keys of TLS have ${RSA_BITS_MAX} bits at most`);
  }
  const [, n, e, d, p, q, dp, dq] = parts.map(numberOf) as bigint[] as Numbers;
  const isSound =
    e < 1n << BigInt(EXPONENT_BITS_MAX) &&
    p > 1n &&
    q > 1n &&
    p * q === n &&
    d < n &&
    bitsOf(p) <= bitsOf(n) / 2 + 8 &&
    bitsOf(q) <= bitsOf(n) / 2 + 8 &&
    dp === d % (p - 1n) &&
    dq === d % (q - 1n) &&
    (e * dp) % (p - 1n) === 1n &&
    (e * dq) % (q - 1n) === 1n;
  if (!isSound) refuse();
}

type Numbers = [bigint, bigint, bigint, bigint, bigint, bigint, bigint, bigint, bigint];

function numberOf({ value }: Element): bigint {
  // Negative ones are none that a key has.
  if (value.length === 0 || (value[0] as number) > 0x7f) refuse();
  return bigOf(value);
}

function bigOf(bytes: Uint8Array): bigint {
  return BigInt(`0x${encodeHex(bytes)}`);
}

function bitsOf(value: bigint): number {
  return value.toString(16).length * 4;
}

/** Also in what is nested. */
function requireSmall(der: Uint8Array, depth: number): void {
  if (depth > DEPTH_MAX) refuse();
  for (const { tag, value } of elements(der)) {
    if (tag === INTEGER && value.length * 8 > NUMBER_BITS_MAX + 8) refuse();
    if ((tag & CONSTRUCTED) !== 0) requireSmall(value, depth + 1);
    // For DSA and its kin PKCS #8 has a number in a byte string.
    const isNumber = tag === OCTET_STRING && value[0] === INTEGER;
    if (isNumber && value.length * 8 > NUMBER_BITS_MAX + 64) refuse();
  }
}

function refuse(): never {
  throw new RangeError("The private key has a form or numbers that no key of TLS has");
}
