/**
 * getsockopt(2) and setsockopt(2) for what a socket keeps and nothing else asks about, or what the sockets
 * look up here: numbers by level and name, with the values that Linux starts with. What is in neither
 * table is ENOPROTOOPT.
 */
import { Errno, fail } from "../errno.ts";
import { SOCKET_CAPACITY_MAX, SOCKET_CAPACITY_MIN } from "../limits.ts";
import {
  IP_MULTICAST_ALL,
  IP_MULTICAST_IF,
  IP_MULTICAST_LOOP,
  IP_MULTICAST_TTL,
  IP_RECVERR,
  IP_TOS,
  IP_TTL,
  IPPROTO_IP,
  IPPROTO_IPV6,
  IPPROTO_TCP,
  IPV6_MULTICAST_HOPS,
  IPV6_MULTICAST_IF,
  IPV6_MULTICAST_LOOP,
  IPV6_RECVERR,
  IPV6_TCLASS,
  IPV6_UNICAST_HOPS,
  IPV6_V6ONLY,
  SO_BROADCAST,
  SO_DEBUG,
  SO_DONTROUTE,
  SO_KEEPALIVE,
  SO_LINGER,
  SO_OOBINLINE,
  SO_PASSCRED,
  SO_PRIORITY,
  SO_RCVBUF,
  SO_RCVLOWAT,
  SO_RCVTIMEO,
  SO_REUSEADDR,
  SO_REUSEPORT,
  SO_SNDBUF,
  SO_SNDLOWAT,
  SO_SNDTIMEO,
  SOL_SOCKET,
  TCP_CORK,
  TCP_DEFER_ACCEPT,
  TCP_FASTOPEN,
  TCP_KEEPCNT,
  TCP_KEEPIDLE,
  TCP_KEEPINTVL,
  TCP_MAXSEG,
  TCP_NODELAY,
  TCP_QUICKACK,
  TCP_USER_TIMEOUT,
} from "./constants.ts";

/** Smallest and largest value, and what it is at first. */
type Range = readonly [least: number, most: number, initial: number];

const FLAG: Range = [0, 1, 0];
const ON: Range = [0, 1, 1];
const COUNT: Range = [0, 2 ** 31 - 1, 0];
const NANOSECONDS: Range = [0, Number.MAX_SAFE_INTEGER, 0];

const OPTIONS: Readonly<Record<number, Readonly<Record<number, Range>>>> = {
  [SOL_SOCKET]: {
    [SO_DEBUG]: FLAG,
    [SO_REUSEADDR]: FLAG,
    [SO_REUSEPORT]: FLAG,
    [SO_DONTROUTE]: FLAG,
    [SO_BROADCAST]: FLAG,
    [SO_KEEPALIVE]: FLAG,
    [SO_OOBINLINE]: FLAG,
    [SO_PASSCRED]: FLAG,
    [SO_PRIORITY]: [0, 6, 0],
    // Seconds; -1: a close does not wait.
    [SO_LINGER]: [-1, 2 ** 31 - 1, -1],
    [SO_SNDBUF]: [SOCKET_CAPACITY_MIN, SOCKET_CAPACITY_MAX * 2, SOCKET_CAPACITY_MAX],
    [SO_RCVBUF]: [SOCKET_CAPACITY_MIN, SOCKET_CAPACITY_MAX * 2, SOCKET_CAPACITY_MAX],
    [SO_RCVLOWAT]: [1, 1, 1],
    [SO_SNDLOWAT]: [1, 1, 1],
    [SO_RCVTIMEO]: NANOSECONDS,
    [SO_SNDTIMEO]: NANOSECONDS,
  },
  [IPPROTO_TCP]: {
    [TCP_NODELAY]: FLAG,
    [TCP_CORK]: FLAG,
    [TCP_QUICKACK]: ON,
    [TCP_MAXSEG]: [88, 65_535, 65_483],
    [TCP_KEEPIDLE]: [1, 32_767, 7200],
    [TCP_KEEPINTVL]: [1, 32_767, 75],
    [TCP_KEEPCNT]: [1, 127, 9],
    [TCP_DEFER_ACCEPT]: COUNT,
    [TCP_USER_TIMEOUT]: COUNT,
    [TCP_FASTOPEN]: COUNT,
  },
  [IPPROTO_IP]: {
    [IP_TOS]: [0, 255, 0],
    [IP_TTL]: [1, 255, 64],
    [IP_RECVERR]: FLAG,
    [IP_MULTICAST_TTL]: [0, 255, 1],
    [IP_MULTICAST_LOOP]: ON,
    [IP_MULTICAST_ALL]: ON,
    [IP_MULTICAST_IF]: [0, 0, 0],
  },
  [IPPROTO_IPV6]: {
    [IPV6_V6ONLY]: FLAG,
    [IPV6_UNICAST_HOPS]: [-1, 255, 64],
    [IPV6_MULTICAST_HOPS]: [-1, 255, 1],
    [IPV6_MULTICAST_LOOP]: ON,
    [IPV6_MULTICAST_IF]: [0, 1, 0],
    [IPV6_RECVERR]: FLAG,
    [IPV6_TCLASS]: [-1, 255, 0],
  },
};

export class SocketOptions {
  /** By level * 256 + name; only what was set. */
  readonly #values = new Map<number, number>();
  readonly #levels: readonly number[];

  /** With the options of `levels` and SOL_SOCKET's. */
  constructor(levels: readonly number[]) {
    this.#levels = [SOL_SOCKET, ...levels];
  }

  get(level: number, name: number): number {
    const [, , initial] = this.#range(level, name);
    return this.#values.get(level * 256 + name) ?? initial;
  }

  set(level: number, name: number, value: number): void {
    const range = this.#range(level, name);
    this.#values.set(level * 256 + name, checked(range, level, name, value));
  }

  isOn(name: number): boolean {
    return this.get(SOL_SOCKET, name) !== 0;
  }

  /** As an accepted connection has them from its listener. */
  inherit(from: SocketOptions): void {
    for (const [key, value] of from.#values) this.#values.set(key, value);
  }

  #range(level: number, name: number): Range {
    if (!this.#levels.includes(level)) fail(Errno.ENOPROTOOPT);
    return OPTIONS[level]?.[name] ?? fail(Errno.ENOPROTOOPT);
  }
}

function checked(range: Range, level: number, name: number, value: number): number {
  const [least, most] = range;
  if (!Number.isSafeInteger(value)) fail(Errno.EINVAL);
  if (range === FLAG || range === ON) return value === 0 ? 0 : 1;
  const isBuffer = level === SOL_SOCKET && (name === SO_SNDBUF || name === SO_RCVBUF);
  // Linux keeps twice what is asked for, within its bounds, and refuses nothing.
  if (isBuffer) return Math.min(Math.max(value * 2, least), most);
  if (level === SOL_SOCKET && (name === SO_RCVLOWAT || name === SO_SNDLOWAT)) return 1;
  const isTtlDefault = value === -1 && (name === IP_TTL || name === IP_MULTICAST_TTL);
  if (level === IPPROTO_IP && isTtlDefault) return range[2];
  return value >= least && value <= most ? value : fail(Errno.EINVAL);
}
