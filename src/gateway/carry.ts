/**
 * One connection from its first bytes to its end: what the guest says first decides whether an inspector
 * takes it, and whether the server that it names in TLS may be reached.
 */
import { type Asker, Errno, KernelError, type Policy } from "../../kernel/index.ts";
import type { ByteStream } from "../http/byte-stream.ts";
import { relay } from "../http/relay.ts";
import { normalizeHost } from "../permissions/hosts.ts";
import { type ClientHello, looksLikeTls, parseClientHello } from "./client-hello.ts";
import { require } from "./grants.ts";
import { looksLikeHttp } from "./http-opening.ts";
import type { OutsideEnd } from "./outside-end.ts";
import { PeekedStream } from "./peeked-stream.ts";
import type { Inspector, Opening } from "./route.ts";
import type { SessionOf } from "./ways.ts";

export interface Connection {
  readonly policy: Policy;
  readonly inspector: Inspector | undefined;
  readonly host: string;
  readonly port: number;
  readonly asker: Asker;
  readonly outside: OutsideEnd;
}

/** Rejects where the connection broke, or was refused; the caller lets go of both ends. */
export async function carry(
  connection: Connection,
  stream: ByteStream,
  tls: SessionOf,
): Promise<void> {
  const { outside, inspector, host, port, asker } = connection;
  const guest = new PeekedStream(stream);
  const opening = await firstOf(guest, outside);
  const session = await tls();
  const { verifiedFor, meter } = outside;
  const route = { host, port, asker, tls: session, verifiedFor, meter };
  if (opening.kind === "tls") await requireServer(connection, opening.hello);
  const inspected = inspector?.inspect(route, opening, guest, outside);
  if (inspected) return inspected;
  if (inspector) {
    const protocol = opening.kind === "tls" || route.tls ? "tls" : "tcp";
    await require(connection.policy, { kind: "connect", protocol, host, port }, asker);
  }
  return relay(guest, outside);
}

/** Fails with EACCES where the policy does not know the server that TLS is to be spoken with. */
export async function requireServer(
  { policy, host, port, asker }: Connection,
  { serverName }: Pick<ClientHello, "serverName">,
): Promise<void> {
  // Who grants an address grants whatever it is called; who grants a name grants that one.
  if (serverName === undefined || serverName === host || normalizeHost(host)?.address) return;
  await require(policy, { kind: "connect", protocol: "tls", host: serverName, port }, asker);
}

async function firstOf(guest: PeekedStream, outside: PeekedStream): Promise<Opening> {
  for (;;) {
    const opening = openingOf(guest.held, guest.isOver);
    if (opening) return opening;
    if (guest.held.length > 0) {
      await guest.more();
      continue;
    }
    if (outside.held.length > 0 || outside.isOver) return { kind: "other" };
    await Promise.race([guest.more(), outside.more()]);
  }
}

/** Undefined: it cannot be told yet. */
function openingOf(bytes: Uint8Array, isOver: boolean): Opening | undefined {
  if (bytes.length === 0) return isOver ? { kind: "other" } : undefined;
  if (looksLikeTls(bytes)) {
    const hello = parseClientHello(bytes);
    if (hello === "malformed" || (hello === "more" && isOver)) {
      throw new KernelError(Errno.ECONNRESET);
    }
    return hello === "more" ? undefined : { kind: "tls", hello };
  }
  const isHttp = looksLikeHttp(bytes, isOver);
  return isHttp === undefined ? undefined : { kind: isHttp ? "http" : "other" };
}
