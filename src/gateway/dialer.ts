/** What a host can do of networking, lent to the gateway, which decides what may be done. */
import type { TlsOptions, TlsSession } from "../../kernel/index.ts";
import type { ByteStream } from "../http/byte-stream.ts";

export interface Dialer {
  /** The host's addresses of a name, as text; none where it has none. Undefined: the host tells nobody. */
  readonly lookUp?: (name: string) => Promise<readonly string[]>;
  /**
   * Connects to one of `addresses`; a host that cannot look up connects to the name. Rejects with the
   * KernelError of connect(2): ENETUNREACH where the host has no such connections.
   */
  connect(target: Target): Promise<OutsideStream>;
  /** Undefined: the host has no UDP. */
  readonly openDatagrams?: (family: 4 | 6, hear: HearDatagram) => DatagramPort;
  /** Asks a name server of the host's; both are DNS messages. Undefined: it has none. */
  readonly queryNames?: (message: Uint8Array) => Promise<Uint8Array>;
}

export interface Target {
  /** The name that the guest meant, or an address. */
  readonly host: string;
  readonly port: number;
  /** The port that the guest connects to, which may lead to another one. */
  readonly asked: number;
  /** Checked: no other one may be connected to. Empty where the host cannot look up. */
  readonly addresses: readonly string[];
}

/** The host's end of a connection. */
export interface OutsideStream extends ByteStream {
  /**
   * The host's TLS from here on, verified by it; nothing may have been sent. Reads and writes are then of
   * the plain text. Rejects with a KernelError.
   */
  startTls(options: TlsOptions): Promise<TlsSession>;
}

export type HearDatagram = (address: string, port: number, bytes: Uint8Array) => void;

export interface DatagramPort {
  send(address: string, port: number, bytes: Uint8Array): void;
  close(): void;
}
