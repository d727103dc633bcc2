/**
 * A guest's connection to the outside, and who may take it over: what reads HTTP (rules by method and path,
 * credentials, inspected TLS) is an Inspector, which the gateway asks before it moves bytes by itself.
 */
import type { Asker, TlsSession } from "../../kernel/index.ts";
import type { ByteStream } from "../http/byte-stream.ts";
import type { ClientHello } from "./client-hello.ts";
import type { OutsideStream } from "./dialer.ts";
import type { EgressMeter } from "./egress-meter.ts";

/** Where a connection leads. */
export interface Route {
  /** The name that the guest connected to, or the address where it used one. */
  readonly host: string;
  readonly port: number;
  readonly asker: Asker;
  /** The guest had the gateway speak TLS (Way.startTls): what it sends is plain text of that. */
  readonly tls: TlsSession | undefined;
  /**
   * The name for which the host has verified the server, by authorities that are not the guest's own.
   * Undefined: nobody but the guest knows who it is.
   */
  readonly verifiedFor: string | undefined;
  /** Hears of requests. */
  readonly meter: Pick<EgressMeter, "request">;
}

/** What the guest sends first. "other": neither TLS nor HTTP, or the outside spoke first. */
export type Opening =
  | { readonly kind: "tls"; readonly hello: ClientHello }
  | { readonly kind: "http" }
  | { readonly kind: "other" };

/**
 * Where a machine has one, connections are allowed that it can look into; for what it leaves as it is the
 * gateway asks the policy once more.
 */
export interface Inspector {
  /**
   * Takes the connection over, and settles when it is done with; undefined leaves it as it is. What was
   * read of either end so far is still there to read. The gateway lets go of both ends afterwards.
   */
  inspect(
    route: Route,
    opening: Opening,
    guest: ByteStream,
    outside: OutsideStream,
  ): Promise<void> | undefined;
}
