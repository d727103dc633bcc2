/** DNS messages (RFC 1035): questions as bytes, and answers from bytes that nobody vouches for. */
import { formatIP } from "../../../../kernel/abi.ts";

export const Type = {
  A: 1,
  NS: 2,
  CNAME: 5,
  SOA: 6,
  PTR: 12,
  MX: 15,
  TXT: 16,
  AAAA: 28,
  SRV: 33,
  NAPTR: 35,
  TLSA: 52,
  ANY: 255,
  CAA: 257,
} as const;

export interface ResourceRecord {
  readonly name: string;
  readonly type: number;
  readonly ttl: number;
  /** In the shape that lib/dns hands out. */
  readonly value: unknown;
}

export interface Answer {
  readonly id: number;
  readonly isResponse: boolean;
  readonly code: number;
  readonly records: readonly ResourceRecord[];
}

const CLASS_IN = 1;
const RECURSION_DESIRED = 0x0100;
const HEADER_BYTES = 12;
const LABEL_MAX = 63;
const NAME_MAX = 253;
/** Pointers followed in one name. */
const JUMPS_MAX = 64;

/** Undefined where `name` is none. */
export function encodeQuery(id: number, name: string, type: number): Uint8Array | undefined {
  const labels = name.replace(/\.$/, "").split(".");
  const isRoot = name === "" || name === ".";
  if (name.length > NAME_MAX + 1) return undefined;
  const bytes: number[] = [];
  const u16 = (value: number) => bytes.push(value >> 8, value & 255);
  for (const word of [id, RECURSION_DESIRED, 1, 0, 0, 0]) u16(word);
  for (const label of isRoot ? [] : labels) {
    if (label === "" || label.length > LABEL_MAX) return undefined;
    bytes.push(label.length, ...Array.from(label, (char) => char.charCodeAt(0) & 255));
  }
  bytes.push(0);
  u16(type);
  u16(CLASS_IN);
  return Uint8Array.from(bytes);
}

/** The name under which an address is looked up backwards. */
export function reverseName(address: Uint8Array): string {
  if (address.length === 4) return `${[...address].reverse().join(".")}.in-addr.arpa`;
  const digits = [...address].flatMap((byte) => [byte >> 4, byte & 15]);
  return `${digits
    .reverse()
    .map((digit) => digit.toString(16))
    .join(".")}.ip6.arpa`;
}

/** Undefined where the bytes are no message, or break off. */
export function decodeAnswer(bytes: Uint8Array): Answer | undefined {
  try {
    return new Decoder(bytes).message();
  } catch (reason) {
    if (reason instanceof Malformed) return undefined;
    throw reason;
  }
}

class Malformed {}

class Decoder {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  message(): Answer {
    if (this.#bytes.length < HEADER_BYTES) throw new Malformed();
    const id = this.#u16();
    const flags = this.#u16();
    const [questions, answers] = [this.#u16(), this.#u16()];
    this.#at = HEADER_BYTES;
    for (let i = 0; i < questions; i++) {
      this.#name();
      this.#take(4);
    }
    const records: ResourceRecord[] = [];
    for (let i = 0; i < answers; i++) records.push(this.#record());
    return { id, isResponse: (flags & 0x8000) !== 0, code: flags & 15, records };
  }

  #record(): ResourceRecord {
    const name = this.#name();
    const type = this.#u16();
    this.#take(2);
    const ttl = this.#u32();
    const end = this.#u16() + this.#at;
    if (end > this.#bytes.length) throw new Malformed();
    const value = this.#value(type, end);
    this.#at = end;
    return { name, type, ttl, value };
  }

  #value(type: number, end: number): unknown {
    switch (type) {
      case Type.A:
        return formatIP(this.#take(4));
      case Type.AAAA:
        return formatIP(this.#take(16));
      case Type.NS:
      case Type.CNAME:
      case Type.PTR:
        return this.#name();
      case Type.MX: {
        const priority = this.#u16();
        return { exchange: this.#name(), priority };
      }
      case Type.TXT: {
        const entries: string[] = [];
        while (this.#at < end) entries.push(this.#characterString());
        return entries;
      }
      case Type.SRV: {
        const [priority, weight, port] = [this.#u16(), this.#u16(), this.#u16()];
        return { name: this.#name(), port, priority, weight };
      }
      case Type.NAPTR: {
        const [order, preference] = [this.#u16(), this.#u16()];
        const flags = this.#characterString();
        const service = this.#characterString();
        const regexp = this.#characterString();
        return { flags, service, regexp, replacement: this.#name(), order, preference };
      }
      case Type.SOA: {
        const [nsname, hostmaster] = [this.#name(), this.#name()];
        const [serial, refresh, retry] = [this.#u32(), this.#u32(), this.#u32()];
        return {
          nsname,
          hostmaster,
          serial,
          refresh,
          retry,
          expire: this.#u32(),
          minttl: this.#u32(),
        };
      }
      case Type.CAA: {
        const critical = this.#u8();
        const property = this.#characterString();
        return { critical, [property]: text(this.#take(end - this.#at)) };
      }
      case Type.TLSA: {
        const [certUsage, selector, match] = [this.#u8(), this.#u8(), this.#u8()];
        return { certUsage, selector, match, data: this.#take(end - this.#at).slice().buffer };
      }
      default:
        return undefined;
    }
  }

  #name(): string {
    const labels: string[] = [];
    let behind = -1;
    for (let jumps = 0; jumps <= JUMPS_MAX; ) {
      const length = this.#u8();
      if (length === 0) {
        if (behind >= 0) this.#at = behind;
        return labels.join(".");
      }
      if (length >= 0xc0) {
        const low = this.#u8();
        if (behind < 0) behind = this.#at;
        this.#at = ((length & 0x3f) << 8) | low;
        jumps++;
      } else if (length > LABEL_MAX || labels.length > NAME_MAX) break;
      else labels.push(text(this.#take(length)));
    }
    throw new Malformed();
  }

  #characterString(): string {
    return text(this.#take(this.#u8()));
  }

  #u8(): number {
    return this.#take(1)[0] as number;
  }

  #u16(): number {
    return this.#u8() * 256 + this.#u8();
  }

  #u32(): number {
    return this.#u16() * 65_536 + this.#u16();
  }

  #take(length: number): Uint8Array {
    const at = this.#at;
    if (length < 0 || at + length > this.#bytes.length) throw new Malformed();
    this.#at = at + length;
    return this.#bytes.subarray(at, at + length);
  }
}

function text(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes);
}
