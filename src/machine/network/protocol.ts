/** What the API asks of a machine's own network, in the terms of ../protocol.ts. */
import type { Header } from "../../http/message.ts";

/** A server in the machine: a port of its loopback, or a Unix socket. */
export type GuestAddress =
  /** `host`: 127.0.0.0/8 or ::1; undefined: whichever of 127.0.0.1 and ::1 somebody listens on. */
  { readonly port: number; readonly host?: string | undefined } | { readonly path: string };

export interface FetchRequest {
  /** Chosen by the caller, for what follows of the same exchange. */
  readonly token: number;
  readonly to: GuestAddress;
  readonly method: string;
  /** The path with its query. */
  readonly target: string;
  /** Without those that frame the body. */
  readonly headers: readonly Header[];
  /** All of it, or what comes by sendBody(). */
  readonly body: Uint8Array | "pieces" | undefined;
  /** Of a body in pieces, where that is known. */
  readonly length?: number | undefined;
}

export interface FetchAnswer {
  readonly status: number;
  readonly reason: string;
  readonly headers: readonly Header[];
  /** All of it, or what is to be had by readBody(), to its end, or cancelled. */
  readonly body: Uint8Array | "pieces";
}

export interface PreviewRequest {
  /** Whoever knows the address may open it. */
  readonly public?: boolean;
  /** How long the link opens a preview that is not public. */
  readonly seconds?: number;
}

/** Where browsers find what a machine serves. */
export interface PreviewAddress {
  /** An origin of its own; opened by this link, or by anybody where it is public. */
  readonly url: string;
  /** On the server's own origin, for where the host names of `url` cannot be had; its pages are sandboxed. */
  readonly pathUrl: string;
  /** Milliseconds since 1970; undefined for a public preview. */
  readonly expires: number | undefined;
}

let lastToken = 0;

/** One that no other exchange of this thread has. */
export function newToken(): number {
  return ++lastToken;
}
