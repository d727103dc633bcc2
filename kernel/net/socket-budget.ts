/**
 * What the sockets of one machine may take of the host's memory: their number, the capacity of streams,
 * the bytes of waiting datagrams, descriptors on their way in messages, and connections to the outside.
 */
import { Errno, fail } from "../errno.ts";
import type { Gauge } from "../gauges.ts";
import {
  RIGHTS_MAX,
  SOCKET_CAPACITY,
  SOCKET_CAPACITY_MIN,
  SOCKET_MEMORY,
  WAY_MAX,
} from "../limits.ts";

export class SocketBudget {
  readonly #sockets: Gauge;
  #memory = 0;
  #rights = 0;
  #ways = 0;

  constructor(sockets: Gauge) {
    this.#sockets = sockets;
  }

  takeSocket(): void {
    this.#sockets.take(1, Errno.ENFILE);
  }

  giveSocket(): void {
    this.#sockets.give(1);
  }

  /** One more connection to the outside. */
  takeWay(): void {
    if (this.#ways >= WAY_MAX) fail(Errno.ENFILE);
    this.#ways++;
  }

  giveWay(): void {
    this.#ways--;
  }

  /** The capacity of one more direction of a stream: little where memory is short. */
  takeStream(): number {
    const isTight = this.#memory + SOCKET_CAPACITY > SOCKET_MEMORY;
    const capacity = isTight ? SOCKET_CAPACITY_MIN : SOCKET_CAPACITY;
    this.#memory += capacity;
    return capacity;
  }

  /** False where a datagram of `bytes` would be too much. */
  takeMemory(bytes: number): boolean {
    if (this.#memory + bytes > SOCKET_MEMORY) return false;
    this.#memory += bytes;
    return true;
  }

  giveMemory(bytes: number): void {
    this.#memory -= bytes;
  }

  takeRights(count: number): void {
    if (this.#rights + count > RIGHTS_MAX) fail(Errno.ETOOMANYREFS);
    this.#rights += count;
  }

  giveRights(count: number): void {
    this.#rights -= count;
  }
}
