/**
 * The network of a host that has `fetch` alone: what guests say in HTTP/1.1 becomes requests of the
 * host's, on port 443 where they let the gateway speak TLS. Everything else is ENETUNREACH.
 */
import { Errno, KernelError, type TlsOptions, type TlsSession } from "../../kernel/index.ts";
import type { ByteStream } from "../http/byte-stream.ts";
import { HttpError } from "../http/message.ts";
import { ServerConnection } from "../http/server-connection.ts";
import { looksLikeTls } from "./client-hello.ts";
import type { Dialer, OutsideStream, Target } from "./dialer.ts";
import { ductPair } from "./duct.ts";
import { answerByFetch, type FetchHost } from "./fetch-request.ts";

/** Where servers speak HTTP; connections to others would wait for what never comes. */
const HTTP_PORTS = new Set([80, 443, 3000, 5000, 5173, 8000, 8080, 8081, 8443, 8787, 8888, 9000]);

/** `isHttpPort`: ports beside the usual ones. */
export function fetchDialer(host: FetchHost, isHttpPort: (port: number) => boolean): Dialer {
  return {
    async connect(target) {
      const isHttp = HTTP_PORTS.has(target.asked) || isHttpPort(target.asked);
      if (!isHttp) throw new KernelError(Errno.ENETUNREACH);
      return new FetchStream(target, host);
    },
  };
}

class FetchStream implements OutsideStream {
  readonly #target: Target;
  readonly #host: FetchHost;
  readonly #near: ByteStream;
  readonly #far: ByteStream;
  readonly #ending = new AbortController();
  #scheme: "http" | "https" = "http";
  #hasBegun = false;

  constructor(target: Target, host: FetchHost) {
    this.#target = target;
    this.#host = host;
    [this.#near, this.#far] = ductPair();
  }

  read(most: number): Promise<Uint8Array | undefined> {
    return this.#near.read(most);
  }

  async write(bytes: Uint8Array): Promise<void> {
    if (!this.#hasBegun) {
      // A handshake of the guest's own needs a connection, which no page has.
      if (looksLikeTls(bytes)) throw new KernelError(Errno.ENETUNREACH);
      this.#hasBegun = true;
      void this.#serve();
    }
    return this.#near.write(bytes);
  }

  async end(): Promise<void> {
    await this.#near.end();
    if (!this.#hasBegun) await this.#far.end();
  }

  abort(): void {
    this.#ending.abort();
    this.#near.abort();
  }

  /** `fetch` verifies by itself, by the name that is granted and the authorities of the host. */
  async startTls(options: TlsOptions): Promise<TlsSession> {
    const { host } = this.#target;
    const wantsMore = options.ca ?? options.cert ?? options.key;
    const isOther = options.servername !== "" && options.servername !== host;
    if (wantsMore !== undefined || isOther) throw new KernelError(Errno.EOPNOTSUPP);
    this.#scheme = "https";
    return {
      authorized: true,
      authorizationError: undefined,
      alpnProtocol: options.alpnProtocols.includes("http/1.1") ? "http/1.1" : undefined,
      protocol: "TLSv1.3",
      cipher: {
        name: "TLS_AES_128_GCM_SHA256",
        standardName: "TLS_AES_128_GCM_SHA256",
        version: "TLSv1.3",
      },
      peerCertificates: [],
    };
  }

  async #serve(): Promise<void> {
    const connection = new ServerConnection(this.#far);
    const origin = originOf(this.#scheme, this.#target);
    try {
      for (let request = await connection.next(); request; request = await connection.next()) {
        await connection.respond(
          await answerByFetch(origin, request, this.#host, this.#ending.signal),
        );
      }
    } catch (reason) {
      connection.abort(reason);
      const isTheirs = reason instanceof HttpError || reason instanceof KernelError;
      if (!isTheirs && !this.#ending.signal.aborted) this.#host.onFault?.(reason);
    }
  }
}

function originOf(scheme: "http" | "https", { host, port, addresses }: Target): string {
  const at = addresses[0] ?? host;
  const shown = at.includes(":") ? `[${at}]` : at;
  return new URL(`${scheme}://${shown}:${port}`).origin;
}
