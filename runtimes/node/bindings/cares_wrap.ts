/**
 * internalBinding("cares_wrap"): names and addresses. getaddrinfo knows numbers, /etc/hosts and localhost;
 * there is no resolver, so every question of c-ares is refused.
 */
import { AF_INET, AF_INET6, AF_UNSPEC } from "../../../kernel/abi.ts";
import { AsyncWrap } from "../async-wrap.ts";
import type { BindingFactory, Environment } from "../environment.ts";
import { addressesOf, nameOf, serviceOf } from "../net/hosts.ts";
import { formatIP, parseIPv4, parseIPv6, unmapped } from "../net/ip.ts";
import { StreamRequest } from "./stream_wrap/requests.ts";

const AI_V4MAPPED = 0x08;
const AI_ALL = 0x10;
const AI_ADDRCONFIG = 0x20;
const DNS_ORDER_VERBATIM = 0;
const DNS_ORDER_IPV4_FIRST = 1;
const DNS_ORDER_IPV6_FIRST = 2;
const UV_EAI_NONAME = -3008;
const UV_EINVAL = -22;
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

const QUERIES = [
  ..."Any A Aaaa Caa Cname Mx Ns Txt Tlsa Srv Ptr Naptr Soa"
    .split(" ")
    .map((type) => `query${type}`),
  "getHostByAddr",
];

type Server = [address: string, port: number];

export const caresWrap: BindingFactory = (env) => {
  class QueryReqWrap extends StreamRequest {
    constructor() {
      super(env, "QUERYWRAP");
    }
  }

  class ChannelWrap extends AsyncWrap {
    #servers: Server[] = [["127.0.0.1", 53]];
    readonly #pending = new Set<QueryReqWrap>();

    constructor(_timeout: number, _tries: number, _maxTimeout: number) {
      super(env, "DNSCHANNEL");
    }

    getServers(): Server[] {
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
      if (!one) throw invalidAddress(env);
      if (second === undefined) return;
      if (!two) throw invalidAddress(env);
      if (one.length === two.length) {
        const { codes } = env.requireBuiltin<ErrorsModule>("internal/errors");
        const family = one.length === 4 ? "IPv4" : "IPv6";
        throw new codes.ERR_INVALID_ARG_VALUE(`Cannot specify two ${family} addresses.`);
      }
    }

    cancel(): void {
      const cancelled = [...this.#pending];
      this.#pending.clear();
      for (const request of cancelled) env.loop.request(() => request.done("ECANCELLED"));
    }

    /** Nobody answers: there is no network that a resolver could be on. */
    protected ask(request: QueryReqWrap): number {
      request.asyncReset();
      this.#pending.add(request);
      env.loop.request(() => {
        if (this.#pending.delete(request)) request.done("ECONNREFUSED");
      });
      return 0;
    }
  }

  for (const name of QUERIES) {
    Object.defineProperty(ChannelWrap.prototype, name, {
      value(this: ChannelWrap, request: QueryReqWrap, text: string) {
        const isBad = name === "getHostByAddr" && !parseIPv4(text) && !parseIPv6(text);
        return isBad ? UV_EINVAL : this.ask(request);
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
        const found = lookUp(env, name, family, flags, order);
        if (found.length === 0) request.done(UV_EAI_NONAME);
        else request.done(0, found);
      });
      return 0;
    },

    getnameinfo: (request: StreamRequest, host: string, port: number) => {
      const address = parseIPv4(host) ?? parseIPv6(host);
      if (!address) return UV_EINVAL;
      request.asyncReset();
      env.loop.request(() => {
        request.done(0, nameOf(env, address) ?? host, serviceOf(env, port));
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

interface ErrorsModule {
  readonly codes: Record<"ERR_INVALID_ARG_VALUE", new (message: string) => Error>;
}

function invalidAddress(_env: Environment): Error {
  return Object.assign(new Error("Invalid IP address."), { code: "ERR_INVALID_ARG_VALUE" });
}

/** Addresses as text, those of the first family in `order` first. */
function lookUp(
  env: Environment,
  name: string,
  family: number,
  flags: number,
  order: number,
): string[] {
  const numeric = parseIPv4(name) ?? parseIPv6(name);
  const all = numeric ? [numeric] : addressesOf(env, name);
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
