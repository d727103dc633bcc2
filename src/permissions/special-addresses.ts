/**
 * Addresses that are not the public internet's: private, loopback, link-local, metadata services,
 * reserved. Only a rule that is itself such an address grants them.
 *
 * Specification: https://www.iana.org/assignments/iana-ipv4-special-registry,
 * https://www.iana.org/assignments/iana-ipv6-special-registry
 */
import { parseIPv4, parseIPv6, unmapped } from "../../kernel/net/ip-text.ts";

/** An address in the one form that rules compare: IPv4 wherever one is meant. */
export function parseAddress(text: string): Uint8Array | undefined {
  if (!text.includes(":")) return parseIPv4(text);
  const bracketed = text.startsWith("[") && text.endsWith("]") ? text.slice(1, -1) : text;
  const bytes = parseIPv6(bracketed);
  return bytes && (unmapped(bytes) ?? translated(bytes) ?? bytes);
}

export function isSpecial(address: Uint8Array): boolean {
  if (address.length === 16 && !samePrefix(address, GLOBAL_UNICAST.bytes, GLOBAL_UNICAST.prefix)) {
    return true;
  }
  return specialRange(address, 8 * address.length) !== undefined;
}

/** The range of those that are special that holds all of `address`/`prefix`. */
export function isWithinSpecial(address: Uint8Array, prefix: number): boolean {
  if (specialRange(address, prefix)) return true;
  // Whatever does not begin with 001.
  return address.length === 16 && prefix >= 3 && isSpecial(address);
}

interface Range {
  readonly bytes: Uint8Array;
  readonly prefix: number;
}

const V4 = [
  "0.0.0.0/8",
  "10.0.0.0/8",
  "100.64.0.0/10",
  "127.0.0.0/8",
  "169.254.0.0/16",
  "172.16.0.0/12",
  "192.0.0.0/24",
  "192.0.2.0/24",
  "192.88.99.0/24",
  "192.168.0.0/16",
  "198.18.0.0/15",
  "198.51.100.0/24",
  "203.0.113.0/24",
  "224.0.0.0/4",
  "240.0.0.0/4",
  // Azure's metadata service, in public space.
  "168.63.129.16/32",
].map(range);

const V6 = ["2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"].map(range);

const GLOBAL_UNICAST = range("2000::/3");
/** NAT64: where a network has it, this is the IPv4 address in its last four bytes. */
const NAT64 = range("64:ff9b::/96");

function specialRange(address: Uint8Array, prefix: number): Range | undefined {
  const ranges = address.length === 4 ? V4 : V6;
  return ranges.find(
    (range) => range.prefix <= prefix && samePrefix(address, range.bytes, range.prefix),
  );
}

function translated(bytes: Uint8Array): Uint8Array | undefined {
  return samePrefix(bytes, NAT64.bytes, NAT64.prefix) ? bytes.subarray(12) : undefined;
}

function samePrefix(one: Uint8Array, other: Uint8Array, prefix: number): boolean {
  const whole = prefix >> 3;
  for (let i = 0; i < whole; i++) if (one[i] !== other[i]) return false;
  const mask = 0xff00 >> (prefix & 7);
  return (((one[whole] ?? 0) ^ (other[whole] ?? 0)) & mask & 0xff) === 0;
}

function range(text: string): Range {
  const [address = "", prefix] = text.split("/");
  const bytes = parseIPv4(address) ?? parseIPv6(address);
  if (!bytes) throw new TypeError(`${text} is no range`);
  return { bytes, prefix: Number(prefix) };
}
