/**
 * Callbacks that Node's TLS makes in the middle of its work, for a protocol (ALPN) or a pre-shared key:
 * they are made as soon as the bytes have come that will make the host's library ask, and the answer is
 * with it before those bytes are.
 */
import type { AsyncWrap } from "../async-wrap.ts";
import { bufferOf } from "../buffers.ts";
import type { Environment } from "../environment.ts";
import { bytesOf, isBytes } from "../text/bytes.ts";
import {
  choseSharedKey,
  HandshakeReader,
  Message,
  readClientHello,
  readIdentity,
} from "./handshake-reader.ts";

export interface Promised {
  asksProtocol: boolean;
  asksKey: boolean;
  /** What the client's hello asks for, while its callbacks run. */
  readonly servername: string | undefined;
  /** Before the first message of a client that allows versions up to `newest`; 0: any. */
  start(newest: number): void;
  /** Before the host gets these bytes. */
  received(bytes: Uint8Array): void;
  sent(bytes: Uint8Array): void;
}

const TLS1_3 = 0x0304;
/** OpenSSL's. */
const KEY_MAX = 512;
const IDENTITY_MAX = 256;

export function answersFor(
  env: Environment,
  wrap: AsyncWrap,
  isServer: boolean,
  ask: (operation: string, values: readonly unknown[]) => unknown,
): Promised {
  const incoming = new HandshakeReader();
  const outgoing = new HandshakeReader();
  let servername: string | undefined;
  let usesKey = false;
  let hint: string | undefined;

  const self: Promised = {
    asksProtocol: false,
    asksKey: false,
    get servername() {
      return servername;
    },
    start(newest) {
      if (self.asksKey && (newest === 0 || newest >= TLS1_3)) askClientKey(undefined);
    },
    received(bytes) {
      for (const { type, body } of incoming.read(bytes)) {
        if (isServer) fromClient(type, body);
        else fromServer(type, body);
      }
    },
    sent(bytes) {
      if (!isServer || !self.asksKey) return;
      for (const { type, body } of outgoing.read(bytes)) {
        if (type === Message.ServerHello) usesKey = choseSharedKey(body);
      }
    },
  };
  return self;

  function fromClient(type: number, body: Uint8Array): void {
    if (type === Message.ClientHello) {
      const hello = readClientHello(body);
      servername = hello.servername;
      if (self.asksProtocol && hello.protocols) askProtocol(hello.protocols);
      if (self.asksKey) for (const identity of hello.identities) askServerKey(identity);
      servername = undefined;
    }
    if (type === Message.ClientKeyExchange && usesKey) {
      const identity = readIdentity(body);
      if (identity !== undefined) askServerKey(identity);
    }
  }

  function fromServer(type: number, body: Uint8Array): void {
    if (!self.asksKey) return;
    if (type === Message.ServerHello) usesKey = choseSharedKey(body);
    if (type === Message.ServerKeyExchange && usesKey) hint = readIdentity(body);
    if (type === Message.ServerHelloDone && usesKey) askClientKey(hint);
  }

  function askProtocol(offered: Uint8Array): void {
    const chosen = wrap.makeCallback("ALPNCallback", [bufferOf(env, offered.slice())]);
    ask("chooseProtocol", typeof chosen === "number" ? [chosen] : []);
  }

  function askServerKey(identity: string): void {
    const key = wrap.makeCallback(env.symbols.onpskexchange, [identity, KEY_MAX]);
    if (isBytes(key)) ask("giveKey", [identity, bytesOf(key), ""]);
  }

  function askClientKey(asked: string | undefined): void {
    const values = [asked ?? null, KEY_MAX, IDENTITY_MAX];
    const found = wrap.makeCallback(env.symbols.onpskexchange, values) as
      | { readonly psk: unknown; readonly identity: unknown }
      | undefined;
    if (!isBytes(found?.psk) || typeof found?.identity !== "string") return;
    ask("giveKey", [asked ?? "", bytesOf(found.psk), found.identity]);
  }
}
