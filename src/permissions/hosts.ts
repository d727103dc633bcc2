/**
 * Host names and addresses in the one form that rules compare, whatever way they were written: case,
 * trailing dots, full-width and internationalised letters, decimal, octal, hexadecimal and mapped
 * addresses. https://url.spec.whatwg.org/#host-parsing
 */
import { formatIP } from "../../kernel/net/ip-text.ts";
import { parseAddress } from "./special-addresses.ts";

export interface NormalHost {
  /** A name in lower case without a dot at its end, or an address as text. */
  readonly text: string;
  /** Four or sixteen bytes where it is an address. */
  readonly address: Uint8Array | undefined;
}

/** Undefined: no name and no address that could be reached. */
export function normalizeHost(host: string): NormalHost | undefined {
  if (isPlain(host)) return { text: host, address: undefined };
  const known = recent.get(host);
  if (known) return known;
  if (host.length > WRITTEN_MAX) return undefined;
  const normal = other(host);
  if (recent.size >= RECENT_MAX) recent.clear();
  if (normal) recent.set(host, normal);
  return normal;
}

/** What takes longer than names in their usual form; equal for all machines. */
const recent = new Map<string, NormalHost>();
const RECENT_MAX = 256;

function other(host: string): NormalHost | undefined {
  const address = parseAddress(host);
  if (address) return { text: formatIP(address), address };
  return host.includes(":") ? undefined : parsed(host);
}

/** Letters, digits, dashes and underscores between single dots. */
const PLAIN_NAME = /^[a-z0-9_-]+(?:\.[a-z0-9_-]+)*$/;
/** The URL standard reads such a host as an IPv4 address. */
const NUMBER_AT_END = /(?:^|\.)(?:\d+|0x[0-9a-f]*)$/;
const NAME_MAX = 253;
/** Escapes make a name longer. */
const WRITTEN_MAX = 1024;
/** What would end the host within a URL. */
const ENDS_HOST = /[/?#\\@\s]/;

function isPlain(host: string): boolean {
  return host.length <= NAME_MAX && PLAIN_NAME.test(host) && !NUMBER_AT_END.test(host);
}

function parsed(host: string): NormalHost | undefined {
  if (host === "" || ENDS_HOST.test(host)) return undefined;
  let text: string;
  try {
    text = new URL(`http://${host}/`).hostname;
  } catch {
    return undefined;
  }
  while (text.endsWith(".")) text = text.slice(0, -1);
  const address = parseAddress(text);
  if (address) return { text: formatIP(address), address };
  return isPlain(text) ? { text, address } : undefined;
}
