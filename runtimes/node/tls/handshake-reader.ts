/**
 * Reads what a handshake shows before it is encrypted (RFC 5246, RFC 8446). The host's library asks for
 * a protocol or a key in the middle of its work and cannot wait, so a program is asked as soon as the
 * bytes that make the library ask have come, before it gets them.
 */
import { joined } from "../../../kernel/abi.ts";
import { decodeLatin1, decodeUtf8, isUtf8 } from "../text/units.ts";

export const Message = {
  ClientHello: 1,
  ServerHello: 2,
  ServerKeyExchange: 12,
  ServerHelloDone: 14,
  ClientKeyExchange: 16,
} as const;

const HANDSHAKE = 22;
const RECORD_HEADER = 5;
const MESSAGE_HEADER = 4;
/** More than this is no beginning of a handshake. */
const BYTES_MAX = 262_144;

export interface HandshakeMessage {
  readonly type: number;
  readonly body: Uint8Array;
}

export class HandshakeReader {
  #records: Uint8Array = new Uint8Array();
  #messages: Uint8Array = new Uint8Array();
  #isOver = false;

  /** True once what comes can be no part of what it reads. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** The messages that `bytes` complete. */
  read(bytes: Uint8Array): HandshakeMessage[] {
    if (this.#isOver) return [];
    this.#records = joined([this.#records, bytes]);
    this.#takeRecords();
    const found: HandshakeMessage[] = [];
    for (let next = this.#takeMessage(); next; next = this.#takeMessage()) found.push(next);
    if (this.#records.length + this.#messages.length > BYTES_MAX) this.#isOver = true;
    return found;
  }

  #takeRecords(): void {
    for (;;) {
      const records = this.#records;
      if (records.length < RECORD_HEADER) return;
      // Whatever else it is, what follows is encrypted.
      if (records[0] !== HANDSHAKE) {
        this.#isOver = true;
        return;
      }
      const end = RECORD_HEADER + u16(records, 3);
      if (records.length < end) return;
      this.#messages = joined([this.#messages, records.subarray(RECORD_HEADER, end)]);
      this.#records = records.slice(end);
    }
  }

  #takeMessage(): HandshakeMessage | undefined {
    const messages = this.#messages;
    if (messages.length < MESSAGE_HEADER) return undefined;
    const end = MESSAGE_HEADER + ((messages[1] as number) << 16) + u16(messages, 2);
    if (messages.length < end) return undefined;
    this.#messages = messages.slice(end);
    return { type: messages[0] as number, body: messages.slice(MESSAGE_HEADER, end) };
  }
}

export interface ClientHello {
  readonly servername: string | undefined;
  /** Names, each behind its length. */
  readonly protocols: Uint8Array | undefined;
  /** Of pre-shared keys. */
  readonly identities: readonly string[];
  /** Of its session, for servers that keep some; empty for none. */
  readonly sessionId: Uint8Array;
  readonly hasTicket: boolean;
}

const Extension = { ServerName: 0, Protocols: 16, Ticket: 35, PreSharedKey: 41 } as const;

/** What cannot be read of it is left out: the library will refuse it. */
export function readClientHello(body: Uint8Array): ClientHello {
  const at = { position: 34 };
  const sessionId = vector(body, at, 1);
  vector(body, at, 2);
  vector(body, at, 1);
  const extensions = vector(body, at, 2);
  let servername: string | undefined;
  let protocols: Uint8Array | undefined;
  let identities: string[] = [];
  let hasTicket = false;
  for (let i = 0; i + 4 <= extensions.length; ) {
    const type = u16(extensions, i);
    const end = i + 4 + u16(extensions, i + 2);
    const content = extensions.subarray(i + 4, end);
    if (type === Extension.ServerName) {
      servername = decodeLatin1(vector(content, { position: 3 }, 2)) || undefined;
    }
    if (type === Extension.Protocols) protocols = vector(content, { position: 0 }, 2);
    if (type === Extension.Ticket) hasTicket = content.length > 0;
    if (type === Extension.PreSharedKey) identities = readIdentities(content);
    i = end;
  }
  return { servername, protocols, identities, sessionId, hasTicket };
}

/** True where a server chose a cipher suite of pre-shared keys (before TLS 1.3). */
export function choseSharedKey(body: Uint8Array): boolean {
  const at = { position: 34 };
  vector(body, at, 1);
  const suite = u16(body, at.position);
  return SHARED_KEY_SUITES.some(([first, last]) => suite >= first && suite <= last);
}

/** The identity or hint that a key exchange begins with; undefined for an empty one. */
export function readIdentity(body: Uint8Array): string | undefined {
  return textOf(vector(body, { position: 0 }, 2));
}

/** https://www.iana.org/assignments/tls-parameters: TLS_PSK_, TLS_DHE_PSK_ and their like. */
const SHARED_KEY_SUITES = [
  [0x002c, 0x002e],
  [0x008a, 0x0095],
  [0x00a8, 0x00b9],
  [0xc033, 0xc03b],
  [0xc064, 0xc071],
  [0xc094, 0xc09b],
  [0xc0a4, 0xc0ab],
  [0xccab, 0xccae],
] as const;

function readIdentities(content: Uint8Array): string[] {
  const list = vector(content, { position: 0 }, 2);
  const found: string[] = [];
  for (const at = { position: 0 }; at.position < list.length; at.position += 4) {
    const identity = textOf(vector(list, at, 2));
    if (identity !== undefined) found.push(identity);
  }
  return found;
}

function textOf(bytes: Uint8Array): string | undefined {
  if (bytes.length === 0 || bytes.includes(0) || !isUtf8(bytes)) return undefined;
  return decodeUtf8(bytes);
}

/** The bytes behind a length of `size` bytes; `at` moves beyond them. */
function vector(bytes: Uint8Array, at: { position: number }, size: 1 | 2): Uint8Array {
  const start = at.position + size;
  const length = size === 1 ? (bytes[at.position] ?? 0) : u16(bytes, at.position);
  at.position = start + length;
  return bytes.subarray(start, at.position);
}

function u16(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
}
