/** Whom a request of a guest's is for, by its own words, against where its connection leads. */
import { headerOf } from "../../http/message.ts";
import type { ServerRequest } from "../../http/server-connection.ts";
import { normalizeHost } from "../../permissions/hosts.ts";

export interface Destination {
  readonly protocol: "http" | "https";
  /** The name that was granted, or an address. */
  readonly host: string;
  readonly port: number;
}

export interface Target {
  /** The path with its query, as it goes out. */
  readonly path: string;
  /** As it goes out. */
  readonly host: string;
}

/** What it asks for, or why that cannot be asked for on this connection. */
export function targetOf(
  { target, headers }: ServerRequest,
  destination: Destination,
): Target | string {
  const { protocol, host } = destination;
  const named = headerOf(headers, "host");
  const absolute = /^([a-z]+):\/\/([^/?#]*)(.*)$/i.exec(target);
  if (!absolute) {
    if (named === undefined) return { path: target, host: authorityOf(destination) };
    return isFor(named, destination) ? { path: target, host: named } : misdirected(named, host);
  }
  const [, scheme = "", authority = "", path = ""] = absolute;
  if (scheme.toLowerCase() !== protocol) return `this connection is ${protocol}, not ${scheme}`;
  if (!isFor(authority, destination)) return misdirected(authority, host);
  if (named !== undefined && named.toLowerCase() !== authority.toLowerCase()) {
    return "the request names two hosts";
  }
  return { path: path.startsWith("/") ? path : `/${path}`, host: authority };
}

function isFor(authority: string, { protocol, host, port }: Destination): boolean {
  const [, name = "", digits] = /^(.*?)(?::(\d*))?$/.exec(authority) ?? [];
  const ordinary = protocol === "https" ? 443 : 80;
  if (Number(digits || ordinary) !== port && Number(digits || port) !== port) return false;
  const meant = normalizeHost(name.replace(/^\[(.*)\]$/, "$1"));
  const granted = normalizeHost(host);
  // Who grants an address grants whatever it is called.
  return granted?.address !== undefined || (meant !== undefined && meant.text === granted?.text);
}

export function authorityOf({ protocol, host, port }: Destination): string {
  const shown = host.includes(":") ? `[${host}]` : host;
  return port === (protocol === "https" ? 443 : 80) ? shown : `${shown}:${port}`;
}

function misdirected(named: string, host: string): string {
  return `this connection leads to ${host}, and the request is for ${named}: names are granted one by one`;
}
