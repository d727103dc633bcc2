/**
 * Addresses of the machine's own for names of the outside: a program gets one of 198.18.0.0/15 (RFC 2544)
 * for a name, and the gateway knows by it which name the program means. So rules by name hold for all of
 * TCP and UDP, no name server can lead a connection elsewhere, and a host without DNS will do.
 */
import { formatIP, parseIPv4, parseIPv6 } from "../../kernel/net/ip-text.ts";

/** Names that are remembered; those that were not used for longest are forgotten. */
const NAMES_MAX = 8192;
/** The first is the machine itself (kernel/net/address.ts), the second its name server. */
export const NAME_SERVER = "198.18.0.2";
const FIRST = 256;
const ADDRESSES = 1 << 17;
const BASE = (198 << 24) | (18 << 16);
/** The same in IPv6: this prefix, zeros, and the IPv4 address. */
const PREFIX6 = Uint8Array.of(0xfd, ...new TextEncoder().encode("isopod"), 0, 0, 0, 0, 0);

export class VirtualNames {
  /** In the order of their last use. */
  readonly #numbers = new Map<string, number>();
  readonly #names = new Map<number, string>();
  #next = FIRST;

  /** The address of `name`, the same each time as long as it is remembered. */
  addressOf(name: string, family: 4 | 6): string {
    const known = this.#numbers.get(name);
    const number = known ?? this.#free();
    if (known !== undefined) this.#numbers.delete(name);
    this.#numbers.set(name, number);
    this.#names.set(number, name);
    const bytes = bytesOf(number);
    return formatIP(family === 4 ? bytes : Uint8Array.of(...PREFIX6, ...bytes));
  }

  /** The name whose address `address` is; undefined for what is no such address, or one that nobody has. */
  nameOf(address: string): string | undefined {
    const number = numberOf(address);
    const name = number === undefined ? undefined : this.#names.get(number);
    if (name === undefined || number === undefined) return undefined;
    this.#numbers.delete(name);
    this.#numbers.set(name, number);
    return name;
  }

  #free(): number {
    const [oldest] = this.#numbers;
    if (oldest && this.#numbers.size >= NAMES_MAX) {
      this.#numbers.delete(oldest[0]);
      this.#names.delete(oldest[1]);
    }
    // What was forgotten long ago comes last, so that nobody still holds its address for another name.
    while (this.#names.has(this.#next)) this.#advance();
    const number = this.#next;
    this.#advance();
    return number;
  }

  #advance(): void {
    this.#next = this.#next + 1 === ADDRESSES ? FIRST : this.#next + 1;
  }
}

/** True for the addresses that are the machine's own to give, whether a name has them or not. */
export function isVirtual(address: string): boolean {
  return numberOf(address) !== undefined;
}

function bytesOf(number: number): Uint8Array {
  const word = BASE + number;
  return Uint8Array.of(word >>> 24, word >>> 16, word >>> 8, word);
}

function numberOf(address: string): number | undefined {
  const bytes = parseIPv4(address) ?? innerOf(parseIPv6(address));
  if (bytes?.[0] !== 198 || ((bytes[1] as number) & 0xfe) !== 18) return undefined;
  return (((bytes[1] as number) & 1) << 16) | ((bytes[2] as number) << 8) | (bytes[3] as number);
}

function innerOf(bytes: Uint8Array | undefined): Uint8Array | undefined {
  const isOurs = bytes && PREFIX6.every((byte, i) => byte === bytes[i]);
  return isOurs ? bytes.subarray(PREFIX6.length) : undefined;
}
