/** How a client reaches a server: HTTP for requests, and channels that carry frames. */
import { IsopodError } from "../../errors.ts";
import { RemoteError } from "../errors.ts";
import { SUBPROTOCOL, TOKEN_PROTOCOL_PREFIX } from "../protocol.ts";

/** A WebSocket, or a port that stands for one. */
export interface Channel {
  send(data: string | Uint8Array): void;
  close(code: number, reason: string): void;
}

export interface ChannelEvents {
  message(data: string | Uint8Array): void;
  /** Once, also where it never opened. */
  closed(code: number, reason: string): void;
}

export interface Transport {
  /** For messages to people. */
  readonly address: string;
  fetch(path: string, init: RequestInit): Promise<Response>;
  open(path: string, events: ChannelEvents): Channel;
  /** The same server, asked with another token. */
  withToken(token: string): Transport;
}

/** Tokens travel as a WebSocket's subprotocol, whose letters are few. */
const TOKEN = /^[A-Za-z0-9._~-]+$/;

export class HttpTransport implements Transport {
  readonly address: string;
  readonly #base: URL;
  readonly #token: string | undefined;

  constructor(url: string | URL, token: string | undefined) {
    this.#base = new URL(url);
    this.#base.protocol = this.#base.protocol.replace(/^ws/, "http");
    if (!/^https?:$/.test(this.#base.protocol)) {
      throw new IsopodError("ERR_INVALID_OPTION", `connect: ${url} is no address of a server`);
    }
    if (token !== undefined && !TOKEN.test(token)) {
      const message = "connect: a token has letters, digits and . _ ~ - only";
      throw new IsopodError("ERR_INVALID_OPTION", message);
    }
    this.address = this.#base.origin;
    this.#token = token;
  }

  withToken(token: string): Transport {
    return new HttpTransport(this.#base, token);
  }

  async fetch(path: string, init: RequestInit): Promise<Response> {
    const headers = new Headers(init.headers);
    if (this.#token !== undefined) headers.set("authorization", `Bearer ${this.#token}`);
    try {
      return await fetch(this.#url(path), { ...init, headers });
    } catch (cause) {
      const why = reasonOf(cause);
      const message = `the server at ${this.address} cannot be reached: ${why}`;
      throw new IsopodError("ERR_UNREACHABLE", message, { cause });
    }
  }

  open(path: string, events: ChannelEvents): Channel {
    const url = this.#url(path);
    url.protocol = url.protocol.replace(/^http/, "ws");
    const protocols = [SUBPROTOCOL];
    if (this.#token !== undefined) protocols.push(TOKEN_PROTOCOL_PREFIX + this.#token);
    const socket = new WebSocket(url, protocols);
    socket.binaryType = "arraybuffer";
    socket.addEventListener("message", ({ data }) => {
      events.message(typeof data === "string" ? data : new Uint8Array(data));
    });
    socket.addEventListener("close", ({ code, reason }) => events.closed(code, reason));
    // The event of the close says as much.
    socket.addEventListener("error", () => {});
    return {
      send: (data) => socket.send(data as Uint8Array<ArrayBuffer>),
      close: (code, reason) => socket.close(code, reason),
    };
  }

  /** The server may live below a path of its own. */
  #url(path: string): URL {
    const url = new URL(this.#base);
    const [pathname = "", search = ""] = path.split("?");
    url.pathname = `${url.pathname.replace(/\/+$/, "")}${pathname}`;
    url.search = search;
    url.hash = "";
    return url;
  }
}

/** The value of an answer, or the error that it tells. */
export async function answerOf(response: Response): Promise<unknown> {
  const text = await response.text();
  let value: unknown;
  try {
    value = text === "" ? undefined : JSON.parse(text);
  } catch {
    value = undefined;
  }
  if (response.ok) return value;
  const { error } = (value ?? {}) as { error?: { code?: string; message?: string } };
  const message = error?.message ?? `the server answered with status ${response.status}`;
  throw new RemoteError(response.status, error?.code ?? "ERR_SERVER", message);
}

function reasonOf(error: unknown): string {
  const { message, cause } = error as Error;
  return cause instanceof Error
    ? cause.message || String((cause as { code?: string }).code)
    : message;
}
