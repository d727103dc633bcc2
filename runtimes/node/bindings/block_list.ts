/** internalBinding("block_list"): socket addresses, and rules that match them. */
import {
  AF_INET,
  AF_INET6,
  formatIP,
  parseIPv4,
  parseIPv6,
  samePrefix,
  unmapped,
} from "../../../kernel/abi.ts";
import type { BindingFactory } from "../environment.ts";
import { codedError } from "../errors.ts";
import { CLONE, type TransferData } from "../messaging/message.ts";

class SocketAddress {
  readonly #bytes: Uint8Array;
  readonly #port: number;
  readonly #family: number;
  readonly #flowLabel: number;

  constructor(address: string, port: number, family: number, flowLabel: number) {
    const bytes = family === AF_INET ? parseIPv4(address) : parseIPv6(address);
    if (!bytes) throw codedError(Error, "ERR_INVALID_ADDRESS", "Invalid address");
    this.#bytes = bytes;
    this.#port = port;
    this.#family = family;
    this.#flowLabel = family === AF_INET6 ? flowLabel : 0;
  }

  detail(target: Record<string, unknown>): Record<string, unknown> {
    target["address"] = formatIP(this.#bytes);
    target["port"] = this.#port;
    target["family"] = this.#family;
    target["flowlabel"] = this.#flowLabel;
    return target;
  }

  flowlabel(): number {
    return this.#flowLabel;
  }

  [CLONE](): TransferData {
    const [text, port, family] = [formatIP(this.#bytes), this.#port, this.#family];
    const revive = () => new SocketAddress(text, port, family, this.#flowLabel);
    return { kind: "SocketAddress", revive };
  }

  static bytesOf(address: SocketAddress): Uint8Array {
    return address.#bytes;
  }
}

interface Rule {
  matches(address: Uint8Array): boolean;
  readonly text: string;
}

class BlockList {
  #rules: Rule[] = [];

  /** A clone has the very rules of its original, also those that are added later. */
  [CLONE](): TransferData {
    return { kind: "BlockList", revive: () => BlockList.#with(this.#rules) };
  }

  static #with(rules: Rule[]): BlockList {
    const list = new BlockList();
    list.#rules = rules;
    return list;
  }

  addAddress(address: SocketAddress): void {
    const bytes = SocketAddress.bytesOf(address);
    this.#add(`Address: ${familyOf(bytes)} ${formatIP(bytes)}`, (other) => {
      const [one, two] = comparable(bytes, other);
      return compare(one, two) === 0;
    });
  }

  /** False where `start` does not come before `end`. */
  addRange(start: SocketAddress, end: SocketAddress): boolean {
    const [low, high] = [SocketAddress.bytesOf(start), SocketAddress.bytesOf(end)];
    const order = compare(...comparable(low, high));
    if (order === undefined || order > 0) return false;
    const text = `Range: ${familyOf(low)} ${formatIP(low)}-${formatIP(high)}`;
    this.#add(text, (other) => {
      const above = compare(...comparable(low, other));
      const below = compare(...comparable(other, high));
      return above !== undefined && above <= 0 && below !== undefined && below <= 0;
    });
    return true;
  }

  addSubnet(network: SocketAddress, prefix: number): void {
    const bytes = SocketAddress.bytesOf(network);
    this.#add(`Subnet: ${familyOf(bytes)} ${formatIP(bytes)}/${prefix}`, (other) => {
      const [one, two] = comparable(bytes, other);
      if (one.length !== two.length) return false;
      const extra = one.length > bytes.length ? 96 : 0;
      return samePrefix(one, two, prefix + extra);
    });
  }

  check(address: SocketAddress): boolean {
    const bytes = SocketAddress.bytesOf(address);
    return this.#rules.some((rule) => rule.matches(bytes));
  }

  /** The newest first. */
  getRules(): string[] {
    return this.#rules.map(({ text }) => text);
  }

  #add(text: string, matches: (address: Uint8Array) => boolean): void {
    this.#rules.unshift({ text, matches });
  }
}

export const blockList: BindingFactory = () => ({ SocketAddress, BlockList, AF_INET, AF_INET6 });

function familyOf({ length }: Uint8Array): string {
  return length === 4 ? "IPv4" : "IPv6";
}

/** Both in one family where one is the other's mapped form. */
function comparable(one: Uint8Array, other: Uint8Array): [Uint8Array, Uint8Array] {
  if (one.length === other.length) return [one, other];
  return [unmapped(one) ?? one, unmapped(other) ?? other];
}

/** Below, equal, above; undefined for two families. */
function compare(one: Uint8Array, other: Uint8Array): number | undefined {
  if (one.length !== other.length) return undefined;
  for (let i = 0; i < one.length; i++) {
    const difference = (one[i] as number) - (other[i] as number);
    if (difference !== 0) return difference;
  }
  return 0;
}
