/**
 * Internet addresses inside the kernel. A host is a string of 4 or 16 bytes, so that equal ones are `===`;
 * an IPv4 host is always the short form, also where an IPv6 socket names it (::ffff:a.b.c.d).
 */
import { Errno, fail } from "../errno.ts";
import type { SocketAddress } from "../syscalls/types.ts";
import { AF_INET, AF_INET6 } from "./constants.ts";
import { formatIP, parseIPv4, parseIPv6 } from "./ip-text.ts";

export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

export const ANY4 = "\0".repeat(4);
export const ANY6 = "\0".repeat(16);
export const LOOPBACK4 = "\x7f\0\0\x01";
export const LOOPBACK6 = `${"\0".repeat(15)}\x01`;
/** What the machine is called by connections that leave it (RFC 2544's range). */
const OUTWARD4 = "\xc6\x12\0\x01";
const OUTWARD6 = `\xfdisopod${"\0".repeat(8)}\x01`;
const BROADCAST4 = "\xff".repeat(4);
const MAPPED = `${"\0".repeat(10)}\xff\xff`;

export function isAny(host: string): boolean {
  return host === ANY4 || host === ANY6;
}

export function isIPv4(host: string): boolean {
  return host.length === 4;
}

export function isBroadcast(host: string): boolean {
  return host === BROADCAST4;
}

export function isMulticast(host: string): boolean {
  const first = host.charCodeAt(0);
  return isIPv4(host) ? first >> 4 === 0xe : first === 0xff;
}

/** The machine's own hosts: 127.0.0.0/8 and ::1. */
export function isLoopback(host: string): boolean {
  return host.charCodeAt(0) === 127 ? isIPv4(host) : host === LOOPBACK6;
}

/** Where a connection to `host` really goes: the unspecified address is the machine itself. */
export function destination(host: string): string {
  if (host === ANY4) return LOOPBACK4;
  return host === ANY6 ? LOOPBACK6 : host;
}

/** The address that a packet to `host` comes from, where its sender has not chosen one. */
export function sourceFor(host: string): string {
  if (isLoopback(host)) return isIPv4(host) ? LOOPBACK4 : LOOPBACK6;
  return isIPv4(host) ? OUTWARD4 : OUTWARD6;
}

/** As gateways are told of it: text, in the one form that inet_ntop(3) gives. */
export function textOf(host: string): string {
  return formatIP(Uint8Array.from(host, (byte) => byte.charCodeAt(0)));
}

/** Reads what a gateway says; undefined where it is no address. */
export function hostOf(text: string): string | undefined {
  const bytes = parseIPv4(text) ?? parseIPv6(text);
  return bytes && shortest(String.fromCharCode(...bytes));
}

/** Reads what a guest passed to a socket of `family`. */
export function endpointOf(address: SocketAddress, family: number): Endpoint {
  const { address: bytes, port } = address;
  if (address.family !== family) fail(Errno.EAFNOSUPPORT);
  if (bytes.length !== (family === AF_INET ? 4 : 16) || port > 65_535) fail(Errno.EINVAL);
  let host = "";
  for (const byte of bytes) host += String.fromCharCode(byte);
  return { host: shortest(host), port };
}

/** As a socket of `family` is told of it. */
export function addressOf({ host, port }: Endpoint, family: number): SocketAddress {
  const whole = family === AF_INET6 && isIPv4(host) ? mapped(host) : host;
  return { family, address: Uint8Array.from(whole, (byte) => byte.charCodeAt(0)), port, scope: 0 };
}

function shortest(host: string): string {
  return host.startsWith(MAPPED) ? host.slice(MAPPED.length) : host;
}

/** 0.0.0.0 is :: to an IPv6 socket. */
function mapped(host: string): string {
  return host === ANY4 ? ANY6 : MAPPED + host;
}
