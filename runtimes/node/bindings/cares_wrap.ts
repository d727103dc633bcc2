/**
 * internalBinding("cares_wrap"): names and addresses. getaddrinfo knows numbers, /etc/hosts and localhost,
 * and asks the machine's name server for the rest; c-ares' questions go to the servers that are set, or
 * those of /etc/resolv.conf.
 */
import {
  AF_INET,
  AF_INET6,
  AF_UNSPEC,
  formatIP,
  parseIPv4,
  parseIPv6,
  unmapped,
} from "../../../kernel/abi.ts";
import { AsyncWrap } from "../async-wrap.ts";
import type { BindingFactory, Environment } from "../environment.ts";
import { codedError } from "../errors.ts";
import { reverseName, Type } from "../net/dns/message.ts";
import { Query, type Server } from "../net/dns/query.ts";
import { QUESTIONS, resultOf } from "../net/dns/results.ts";
import { addressesOf, nameOf, nameServers, serviceOf } from "../net/hosts.ts";
import { StreamRequest } from "./stream_wrap/requests.ts";

const AI_V4MAPPED = 0x08;
const AI_ALL = 0x10;
const AI_ADDRCONFIG = 0x20;
const DNS_ORDER_VERBATIM = 0;
const DNS_ORDER_IPV4_FIRST = 1;
const DNS_ORDER_IPV6_FIRST = 2;
const UV_EAI_NONAME = -3008;
const UV_EINVAL = -22;
const DNS_PORT = 53;
/** The gateway's, on every machine (src/gateway/names.ts). */
const MACHINE: readonly Server[] = [["198.18.0.2", DNS_PORT]];
/** Milliseconds: a person may have to be asked first. */
const FOREVER = 2 ** 30;
/** What getaddrinfo fails with, by what the name server says. */
const LOOKUP_ERRORS = new Map([
  ["EREFUSED", -13],
  ["ESERVFAIL", -3001],
]);
const ARES_SUCCESS = 0;
const ARES_EBADSTR = 17;

/** What c-ares says, by its numbers (ares_strerror). */
const ARES_TEXTS = [
  "Successful completion",
  "DNS server returned answer with no data",
  "DNS server claims query was misformatted",
  "DNS server returned general failure",
  "Domain name not found",
  "DNS server does not implement requested operation",
  "DNS server refused query",
  "Misformatted DNS query",
  "Misformatted domain name",
  "Unsupported address family",
  "Misformatted DNS reply",
  "Could not contact DNS servers",
  "Timeout while contacting DNS servers",
  "End of file",
  "Error reading file",
  "Out of memory",
  "Channel is being destroyed",
  "Misformatted string",
  "Illegal flags specified",
  "Given hostname is not numeric",
  "Illegal hints flags specified",
  "c-ares library initialization not yet performed",
  "Error loading iphlpapi.dll",
  "Could not find GetNetworkParams function",
  "DNS query cancelled",
];

/** What a query takes by itself: milliseconds, and attempts at each server. */
const TIMEOUT = 2000;
const TRIES = 4;

export const caresWrap: BindingFactory = (env) => {
  class QueryReqWrap extends StreamRequest {
    constructor() {
      super(env, "QUERYWRAP");
    }
  }

  class ChannelWrap extends AsyncWrap {
    readonly #timeout: number;
    readonly #tries: number;
    readonly #maxTimeout: number;
    #servers: readonly Server[] | undefined;
    readonly #pending = new Set<Query>();

    constructor(timeout: number, tries: number, maxTimeout = 0) {
      super(env, "DNSCHANNEL");
      this.#timeout = timeout >= 0 ? timeout : TIMEOUT;
      this.#tries = tries > 0 ? tries : TRIES;
      this.#maxTimeout = maxTimeout;
    }

    getServers(): Server[] {
      this.#servers ??= nameServers(env).map((address) => [address, DNS_PORT]);
      return this.#servers.map(([address, port]) => [address, port]);
    }

    setServers(servers: readonly [family: number, address: string, port: number][]): number {
      const known = servers.every(([family, address]) =>
        family === 4 ? parseIPv4(address) : parseIPv6(address),
      );
      if (!known) return ARES_EBADSTR;
      this.#servers = servers.map(([, address, port]) => [address, port]);
      return ARES_SUCCESS;
    }

    setLocalAddress(first: string, second?: string): void {
      const [one, two] = [first, second].map(
        (text) => text && (parseIPv4(text) ?? parseIPv6(text)),
      );
      const isBad = !one || (second !== undefined && !two);
      if (isBad) throw codedError(Error, "ERR_INVALID_ARG_VALUE", "Invalid IP address.");
      if (!two || one.length !== two.length) return;
      const family = one.length === 4 ? "IPv4" : "IPv6";
      const message = `Cannot specify two ${family} addresses.`;
      throw codedError(Error, "ERR_INVALID_ARG_VALUE", message);
    }

    cancel(): void {
      for (const query of [...this.#pending]) query.cancel();
    }

    getHostByAddr(request: QueryReqWrap, text: string): number {
      const address = parseIPv4(text) ?? parseIPv6(text);
      if (!address) return UV_EINVAL;
      const name = nameOf(env, address);
      if (name !== undefined) {
        request.asyncReset();
        env.loop.request(() => request.done(0, [name]));
        return 0;
      }
      return this.ask(request, reverseName(address), Type.PTR);
    }

    /** Answers `request` later with what records of `type` there are for `name`. */
    protected ask(request: QueryReqWrap, name: string, type: number): number {
      request.asyncReset();
      if (/(^|\.)onion\.?$/i.test(name)) {
        env.loop.request(() => request.done("ENOTFOUND"));
        return 0;
      }
      const servers = this.getServers();
      const options = {
        servers,
        timeout: this.#timeout,
        maxTimeout: this.#maxTimeout,
        tries: this.#tries,
      };
      const query = new Query(env, name, type, options, (code, answer) => {
        this.#pending.delete(query);
        const result = answer && code === undefined ? resultOf(type, answer) : undefined;
        if (result?.value === undefined) request.done(code ?? "ENODATA");
        else request.done(0, result.value, result.ttls);
      });
      this.#pending.add(query);
      return 0;
    }
  }

  for (const [name, type] of Object.entries(QUESTIONS)) {
    Object.defineProperty(ChannelWrap.prototype, name, {
      value(this: ChannelWrap, request: QueryReqWrap, text: string) {
        return this.ask(request, text, type);
      },
      writable: true,
      configurable: true,
    });
  }

  return {
    getaddrinfo: (
      request: StreamRequest,
      name: string,
      family: number,
      flags: number,
      order: number,
    ) => {
      request.asyncReset();
      env.loop.request(() => {
        const found = ownAddresses(env, name, family, flags, order);
        if (found) request.done(found.length === 0 ? UV_EAI_NONAME : 0, found);
        else askMachine(env, request, name, family);
      });
      return 0;
    },

    getnameinfo: (request: StreamRequest, host: string, port: number) => {
      const address = parseIPv4(host) ?? parseIPv6(host);
      if (!address) return UV_EINVAL;
      request.asyncReset();
      env.loop.request(() => {
        const name = nameOf(env, address);
        if (name === undefined) request.done(UV_EAI_NONAME);
        else request.done(0, name, serviceOf(env, port));
      });
      return 0;
    },

    canonicalizeIP: (text: string) => {
      const address = parseIPv4(text) ?? parseIPv6(text);
      return address && formatIP(address);
    },

    convertIpv6StringToBuffer: (text: string) => {
      const address = parseIPv6(text);
      if (!address) return undefined;
      const { Buffer } = env.requireBuiltin<{ Buffer: { from(bytes: Uint8Array): Uint8Array } }>(
        "buffer",
      );
      return Buffer.from(address);
    },

    strerror: (number: number) => ARES_TEXTS[number] ?? "unknown",

    GetAddrInfoReqWrap: class GetAddrInfoReqWrap extends StreamRequest {
      constructor() {
        super(env, "GETADDRINFOREQWRAP");
      }
    },
    GetNameInfoReqWrap: class GetNameInfoReqWrap extends StreamRequest {
      constructor() {
        super(env, "GETNAMEINFOREQWRAP");
      }
    },
    QueryReqWrap,
    ChannelWrap,
    AF_INET,
    AF_INET6,
    AF_UNSPEC,
    AI_ADDRCONFIG,
    AI_ALL,
    AI_V4MAPPED,
    DNS_ORDER_VERBATIM,
    DNS_ORDER_IPV4_FIRST,
    DNS_ORDER_IPV6_FIRST,
  };
};

/** Asks the gateway's name server, whatever /etc/resolv.conf says, so that the loop goes on meanwhile. */
function askMachine(env: Environment, request: StreamRequest, name: string, family: number): void {
  const type = family === 6 ? Type.AAAA : Type.A;
  const options = { servers: MACHINE, timeout: FOREVER, maxTimeout: 0, tries: 1 };
  new Query(env, name, type, options, (code, answer) => {
    const found = code === undefined ? answer?.records.map(({ value }) => value) : undefined;
    if (found && found.length > 0) request.done(0, found);
    else request.done(LOOKUP_ERRORS.get(code ?? "") ?? UV_EAI_NONAME);
  });
}

/**
 * Addresses as text, those of the first family in `order` first; undefined where only others could know
 * the name.
 */
function ownAddresses(
  env: Environment,
  name: string,
  family: number,
  flags: number,
  order: number,
): string[] | undefined {
  const numeric = parseIPv4(name) ?? parseIPv6(name);
  const all = numeric ? [numeric] : addressesOf(env, name);
  if (all.length === 0 && name !== "") return undefined;
  const four = all.filter(({ length }) => length === 4);
  const six = all.filter(({ length }) => length === 16);
  if (family === 4) return four.map(formatIP);
  if (family === 6) return ipv6(four, six, flags);
  if (order === DNS_ORDER_IPV4_FIRST) return [...four, ...six].map(formatIP);
  if (order === DNS_ORDER_IPV6_FIRST) return [...six, ...four].map(formatIP);
  return all.map(formatIP);
}

function ipv6(four: readonly Uint8Array[], six: readonly Uint8Array[], flags: number): string[] {
  const mapped = four.map((address) => `::ffff:${formatIP(address)}`);
  const wantsMapped = (flags & AI_V4MAPPED) !== 0;
  if (wantsMapped && (six.length === 0 || (flags & AI_ALL) !== 0))
    return [...six.map(formatIP), ...mapped];
  return six.filter((address) => !unmapped(address)).map(formatIP);
}
