/**
 * The requests of one connection of a guest's, one after the other: each is ruled by itself, and what goes
 * out is written anew from what was read, so that the server sees the very requests that were ruled.
 */
import { type Asker, KernelError, type Policy } from "../../../kernel/index.ts";
import { type ByteStream, sourceOf } from "../../http/byte-stream.ts";
import { ClientConnection, type ClientResponse } from "../../http/client-connection.ts";
import { endToEnd, type Header, headerOf, headersOf, listOf } from "../../http/message.ts";
import { splice } from "../../http/relay.ts";
import { ServerConnection, type ServerRequest } from "../../http/server-connection.ts";
import type { EgressMeter } from "../egress-meter.ts";
import { PeekedStream } from "../peeked-stream.ts";
import { CredentialFailure, type Credentials } from "./credentials.ts";
import { type Destination, type Target, targetOf } from "./request-target.ts";
import { UpstreamFailure } from "./upstream-failure.ts";

/** The server, once it is needed. */
export interface Upstream {
  readonly stream: ByteStream;
  /** The host has verified that it is the one that is named. */
  readonly isVerified: boolean;
}

export interface ExchangeOptions {
  readonly destination: Destination;
  readonly asker: Asker;
  readonly policy: Policy;
  readonly credentials: Credentials;
  readonly meter: Pick<EgressMeter, "request">;
  /** Called once, for the first request that may go out. */
  readonly open: () => Promise<Upstream>;
}

interface Server {
  readonly client: ClientConnection;
  readonly stream: PeekedStream;
  readonly isVerified: boolean;
}

/** What a server understands that echoes requests, credentials and all. */
const ECHOES = new Set(["TRACE", "TRACK"]);

export class Exchange {
  readonly #guest: ByteStream;
  readonly #options: ExchangeOptions;
  readonly #connection: ServerConnection;
  #server: Server | undefined;
  #isIdle = false;

  constructor(guest: ByteStream, options: ExchangeOptions) {
    this.#guest = guest;
    this.#options = options;
    this.#connection = new ServerConnection(guest);
  }

  /** Settles when the guest, or the server, has said the last. */
  async serve(): Promise<void> {
    for (;;) {
      this.#awaitServersEnd();
      const request = await this.#connection.next();
      this.#isIdle = false;
      if (!request) return;
      if (!(await this.#answer(request))) return;
      if (this.#server && !this.#server.client.isFree) {
        // It wants no more on its connection; the guest opens another one.
        await this.#guest.end();
        return;
      }
    }
  }

  /** True where another request may follow. */
  async #answer(request: ServerRequest): Promise<boolean> {
    const target = request.method === "CONNECT" ? tunnel(request) : this.#target(request);
    if (typeof target === "string") return this.#tell(421, target);
    const { destination, asker, policy, credentials, meter } = this.#options;
    const asked = { ...destination, method: request.method, path: target.path };
    const verdict = await policy.decide({ kind: "request", ...asked }, asker);
    if (!verdict.allowed) return this.#tell(403, `refused: ${verdict.reason}`);
    if (ECHOES.has(request.method) && credentials.concern(asked, true)) {
      return this.#tell(405, `${request.method} is not passed on where there are credentials`);
    }
    const limit = overLimit(meter);
    if (limit !== undefined) return this.#tell(429, limit);
    try {
      const server = await this.#open();
      const headers = await credentials.added(forwarded(request, target), asked, server.isVerified);
      const response = await server.client.request({
        method: request.method,
        target: request.method === "CONNECT" ? request.target : target.path,
        headers,
        body: request.body,
        length: request.length,
      });
      return await this.#pass(request, response);
    } catch (reason) {
      if (reason instanceof UpstreamFailure || reason instanceof CredentialFailure) {
        await this.#tell(502, reason.message, true);
        return false;
      }
      throw reason;
    }
  }

  #target(request: ServerRequest): Target | string {
    return targetOf(request, this.#options.destination);
  }

  async #pass(request: ServerRequest, response: ClientResponse): Promise<boolean> {
    const { status, reason, upgraded, length, body, trailers } = response;
    const headers = endToEnd(response.headers);
    if (upgraded) {
      const protocol = upgradeOf(request);
      const joins: Header[] = protocol
        ? [
            ["Connection", "Upgrade"],
            ["Upgrade", protocol],
          ]
        : [];
      const joined = await this.#connection.upgrade(status, reason, [...headers, ...joins]);
      await splice(joined, upgraded);
      return false;
    }
    const close = listOf(response.headers, "connection").includes("close");
    await this.#connection.respond({
      status,
      reason,
      headers,
      body,
      length,
      trailers: () => endToEnd(trailers),
      close,
    });
    return !close;
  }

  async #open(): Promise<Server> {
    if (this.#server) return this.#server;
    const { stream, isVerified } = await this.#options.open();
    const peeked = new PeekedStream(stream);
    this.#server = { client: new ClientConnection(peeked), stream: peeked, isVerified };
    return this.#server;
  }

  /** A server that closes between requests closes the guest's connection, as it would without us. */
  #awaitServersEnd(): void {
    if (!this.#server) return;
    this.#isIdle = true;
    const over = () => {
      if (this.#isIdle) void this.#guest.end().catch(() => {});
    };
    this.#server.stream.more().then(over, over);
  }

  async #tell(status: number, message: string, close = false): Promise<boolean> {
    const text = new TextEncoder().encode(`isopod: ${message}\n`);
    await this.#connection.respond({
      status,
      headers: [
        ["Content-Type", "text/plain; charset=utf-8"],
        ["Cache-Control", "no-store"],
      ],
      body: sourceOf(text),
      length: text.length,
      close,
    });
    return true;
  }
}

/** Why there may be no further request. */
function overLimit(meter: Pick<EgressMeter, "request">): string | undefined {
  try {
    meter.request();
    return undefined;
  } catch (reason) {
    if (reason instanceof KernelError) return `refused: ${reason.reason ?? reason.code}`;
    throw reason;
  }
}

/** A proxy outside is asked for a connection: what passes through it nobody here sees. */
function tunnel({ target }: ServerRequest): Target {
  return { path: target, host: target };
}

function forwarded(request: ServerRequest, { host }: Target): Header[] {
  const protocol = upgradeOf(request);
  const proxy = request.method === "CONNECT" ? headersOf(request.headers, PROXY) : [];
  return [
    ["Host", host],
    ...endToEnd(request.headers).filter(([name]) => name.toLowerCase() !== "host"),
    ...proxy.map((value): Header => [PROXY, value]),
    ...(protocol
      ? ([
          ["Connection", "Upgrade"],
          ["Upgrade", protocol],
        ] as Header[])
      : []),
  ];
}

const PROXY = "proxy-authorization";

/** WebSockets alone: HTTP/2 on a connection that began as HTTP/1.1 (h2c) would carry requests past us. */
function upgradeOf(request: ServerRequest): string | undefined {
  const wanted = request.wantsUpgrade ? headerOf(request.headers, "upgrade") : undefined;
  return wanted?.trim().toLowerCase() === "websocket" ? "websocket" : undefined;
}
