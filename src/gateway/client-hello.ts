/**
 * The first message of a TLS client (RFC 8446, 4.1.2): which server it names and which protocols it offers.
 * The bytes are a guest's: they may break off, lie about lengths, and come in records of any size.
 */

export interface ClientHello {
  /** server_name, in lower case; the outer one where the client encrypts another (ECH). */
  readonly serverName: string | undefined;
  readonly alpnProtocols: readonly string[];
}

/** Bytes of records that a hello may take at most: the message's own length has three bytes, ours fewer. */
const HELLO_MAX = 65_536;
const RECORD_MAX = 16_384 + 256;
const HANDSHAKE = 22;
const CLIENT_HELLO = 1;
const SERVER_NAME = 0;
const ALPN = 16;
const HOST_NAME = 0;

/** True where `bytes` begin as a TLS connection does, as far as there are any. */
export function looksLikeTls(bytes: Uint8Array): boolean {
  return bytes[0] === HANDSHAKE && (bytes.length < 2 || bytes[1] === 3);
}

/** "more": it has not all come yet. "malformed": it is none that any server would take. */
export function parseClientHello(bytes: Uint8Array): ClientHello | "more" | "malformed" {
  const message = messageIn(bytes);
  if (typeof message === "string") return message;
  try {
    return helloOf(new Fields(message));
  } catch (reason) {
    if (reason instanceof Malformed) return "malformed";
    throw reason;
  }
}

class Malformed {}

/** The handshake message's body, put together from its records. */
function messageIn(bytes: Uint8Array): Uint8Array | "more" | "malformed" {
  const message = new Uint8Array(bytes.length);
  let length = 0;
  for (let at = 0; ; ) {
    if (length >= 4) {
      if (message[0] !== CLIENT_HELLO) return "malformed";
      const size = u24(message, 1);
      if (size > HELLO_MAX) return "malformed";
      if (length >= 4 + size) return message.subarray(4, 4 + size);
    }
    if (at + 5 > bytes.length) return at > HELLO_MAX ? "malformed" : "more";
    if (bytes[at] !== HANDSHAKE || bytes[at + 1] !== 3) return "malformed";
    const size = ((bytes[at + 3] as number) << 8) | (bytes[at + 4] as number);
    // A record without content could be sent for ever.
    if (size === 0 || size > RECORD_MAX) return "malformed";
    const content = bytes.subarray(at + 5, at + 5 + size);
    message.set(content, length);
    length += content.length;
    at += 5 + size;
  }
}

function helloOf(hello: Fields): ClientHello {
  hello.take(2 + 32);
  hello.vector(1);
  hello.vector(2);
  hello.vector(1);
  let serverName: string | undefined;
  let alpnProtocols: string[] = [];
  // A hello without extensions ends here.
  const extensions = hello.isEmpty ? new Fields(new Uint8Array(0)) : hello.vector(2);
  const seen = new Set<number>();
  while (!extensions.isEmpty) {
    const type = extensions.u16();
    const body = extensions.vector(2);
    // Servers refuse these (RFC 8446, 4.2), and two names could be read as either.
    if (seen.has(type)) throw new Malformed();
    seen.add(type);
    if (type === SERVER_NAME) serverName = nameIn(body);
    if (type === ALPN) alpnProtocols = protocolsIn(body);
  }
  if (!hello.isEmpty) throw new Malformed();
  return { serverName, alpnProtocols };
}

function nameIn(body: Fields): string {
  const names = body.vector(2);
  const type = names.u8();
  const name = ascii(names.vector(2).rest());
  // One name and nothing else: what all servers understand in the same way.
  if (type !== HOST_NAME || name === "" || !names.isEmpty || !body.isEmpty) throw new Malformed();
  return name.toLowerCase().replace(/\.$/, "");
}

function protocolsIn(body: Fields): string[] {
  const list = body.vector(2);
  const protocols: string[] = [];
  while (!list.isEmpty) protocols.push(String.fromCharCode(...list.vector(1).rest()));
  return protocols;
}

function ascii(bytes: Uint8Array): string {
  if (bytes.some((byte) => byte <= 0x20 || byte >= 0x7f)) throw new Malformed();
  return String.fromCharCode(...bytes);
}

function u24(bytes: Uint8Array, at: number): number {
  return (
    ((bytes[at] as number) << 16) | ((bytes[at + 1] as number) << 8) | (bytes[at + 2] as number)
  );
}

/** Fields of TLS's presentation language, in order. */
class Fields {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get isEmpty(): boolean {
    return this.#at === this.#bytes.length;
  }

  take(length: number): Uint8Array {
    const at = this.#at;
    if (at + length > this.#bytes.length) throw new Malformed();
    this.#at = at + length;
    return this.#bytes.subarray(at, this.#at);
  }

  rest(): Uint8Array {
    return this.take(this.#bytes.length - this.#at);
  }

  u8(): number {
    return this.take(1)[0] as number;
  }

  u16(): number {
    const [high, low] = this.take(2) as unknown as [number, number];
    return (high << 8) | low;
  }

  /** A vector whose length stands before it in so many bytes. */
  vector(lengthBytes: 1 | 2): Fields {
    return new Fields(this.take(lengthBytes === 1 ? this.u8() : this.u16()));
  }
}
