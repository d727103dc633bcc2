/**
 * A guest's connection to the outside, and who may take it over: what reads HTTP (rules by method and path,
 * credentials, inspected TLS) is an Inspector, which the gateway asks before it moves bytes by itself.
 */
import type { Asker, TlsOptions, TlsSession } from "../../kernel/index.ts";
import type { ByteStream } from "./byte-stream.ts";
import type { ClientHello } from "./client-hello.ts";

/** Where a connection leads. */
export interface Route {
  /** The name that the guest connected to, or the address where it used one. */
  readonly host: string;
  readonly port: number;
  readonly asker: Asker;
  /** The guest had the gateway speak TLS (Way.startTls): what it sends is plain text of that. */
  readonly tls: TlsSession | undefined;
}

/** What the guest sends first. Undefined: the outside spoke first, or it is neither TLS nor HTTP. */
export type Opening =
  | { readonly kind: "tls"; readonly hello: ClientHello }
  | { readonly kind: "http" }
  | undefined;

/** The host's end of a connection. */
export interface OutsideStream extends ByteStream {
  /**
   * The host's TLS from here on, verified by it; nothing may have been sent. Reads and writes are then of
   * the plain text. Rejects with a KernelError.
   */
  startTls(options: TlsOptions): Promise<TlsSession>;
}

export interface Inspector {
  /**
   * Takes the connection over and settles when it is done with, or answers undefined and leaves it as it
   * is. What was read of the guest so far is still there to read. Both ends are closed by the gateway.
   */
  inspect(
    route: Route,
    opening: Opening,
    guest: ByteStream,
    outside: OutsideStream,
  ): Promise<void> | undefined;
}
