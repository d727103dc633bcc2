/**
 * What the sockets of one machine may take of the host's memory: their number, the capacity of streams,
 * the bytes of waiting datagrams, and descriptors on their way in messages.
 */
import { Errno, fail } from "../errno.ts";
import {
  RIGHTS_MAX,
  SOCKET_CAPACITY,
  SOCKET_CAPACITY_MIN,
  SOCKET_MAX,
  SOCKET_MEMORY,
} from "../limits.ts";

export class SocketBudget {
  #sockets = 0;
  #memory = 0;
  #rights = 0;

  takeSocket(): void {
    if (this.#sockets >= SOCKET_MAX) fail(Errno.ENFILE);
    this.#sockets++;
  }

  giveSocket(): void {
    this.#sockets--;
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
