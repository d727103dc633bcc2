/**
 * The way out of a machine's network, lent by the host; without one every address but the machine's own
 * is out of reach. A connection to the outside is a connection to pid 1: the gateway is handed its
 * descriptor of the other end, so back-pressure, half-closes and resets are those of any socket.
 */
import type { Asker } from "../policy.ts";

export interface Gateway {
  /**
   * The addresses of a name, as text, the machine's own to connect to: they need not be those that the
   * outside knows. None where there is no such name. Throws a KernelError: EACCES where the policy refuses.
   */
  resolve(
    name: string,
    family: 0 | 4 | 6,
    asker: Asker,
  ): readonly string[] | Promise<readonly string[]>;
  /** Opens a connection. Throws, or rejects with, the KernelError that connect(2) fails with. */
  connect(to: Outside, asker: Asker): Way | Promise<Way>;
  /** Sends a datagram; answers come to `reply`, as long as the socket is open. Throws a KernelError. */
  send(to: Outside, bytes: Uint8Array, from: DatagramSender, asker: Asker): void | Promise<void>;
  /**
   * Whether an address of the loopback that nobody in the machine listens at is the host's instead, which
   * was granted by name. Asked before each connection that would be refused.
   */
  lends(to: Outside): boolean;
  /** A socket that has sent something is closed. */
  forget(from: DatagramSender): void;
}

/** An address outside, as text. */
export interface Outside {
  readonly address: string;
  readonly port: number;
}

/** The same object for every datagram of one socket. */
export interface DatagramSender {
  reply(from: Outside, bytes: Uint8Array): void;
}

/** A connection that the outside has taken. */
export interface Way {
  /** The guest's socket is connected; `fd` is pid 1's end of it, the way's to read, write and close. */
  begin(fd: number): void;
  /**
   * From here on the guest's bytes are the plain text of a TLS connection that the gateway makes and
   * verifies. Asked before the guest has sent anything. Rejects with a KernelError.
   */
  startTls(options: TlsOptions): Promise<TlsSession>;
  /** The guest's socket was closed before begin(). */
  abandon(): void;
}

/** What a client wants of TLS; texts are PEM. */
export interface TlsOptions {
  readonly servername: string;
  readonly alpnProtocols: readonly string[];
  /** Instead of the host's authorities. */
  readonly ca?: readonly string[];
  readonly cert?: string;
  readonly key?: string;
  /** False: an unverified peer is reported, not refused; the gateway then attaches no credentials. */
  readonly rejectUnauthorized: boolean;
}

export interface TlsSession {
  readonly authorized: boolean;
  /** Node's code of it, such as CERT_HAS_EXPIRED. */
  readonly authorizationError: string | undefined;
  readonly alpnProtocol: string | undefined;
  readonly protocol: string;
  readonly cipher: {
    readonly name: string;
    readonly standardName: string;
    readonly version: string;
  };
  /** DER, the peer's first. */
  readonly peerCertificates: readonly Uint8Array[];
}
