/**
 * Looks into guests' HTTP: plain, or in TLS that the gateway speaks for them; with an authority of the
 * machine's own also in TLS that they speak themselves.
 */
import { Errno, KernelError, type Policy } from "../../../kernel/index.ts";
import type { ByteStream } from "../../http/byte-stream.ts";
import { relay } from "../../http/relay.ts";
import { normalizeHost } from "../../permissions/hosts.ts";
import type { ClientHello } from "../client-hello.ts";
import type { OutsideStream } from "../dialer.ts";
import { require } from "../grants.ts";
import { looksLikeHttp } from "../http-opening.ts";
import { PeekedStream } from "../peeked-stream.ts";
import type { Inspector, Opening, Route } from "../route.ts";
import type { Credentials } from "./credentials.ts";
import type { Upstream } from "./exchange.ts";
import { UpstreamFailure } from "./upstream-failure.ts";

/** Speaks the server's part of TLS with a guest, by certificates that the machine's authority makes. */
export interface TlsTerminator {
  /** The plain text of what the guest says. `name`: what the certificate is for. */
  accept(guest: ByteStream, name: string): Promise<ByteStream>;
}

export interface InspectorOptions {
  readonly policy: Policy;
  readonly credentials: Credentials;
  /** Undefined: TLS of guests' own is left as it is. */
  readonly terminator: TlsTerminator | undefined;
}

export class HttpInspector implements Inspector {
  readonly #options: InspectorOptions;

  constructor(options: InspectorOptions) {
    this.#options = options;
  }

  inspect(
    route: Route,
    opening: Opening,
    guest: ByteStream,
    outside: OutsideStream,
  ): Promise<void> | undefined {
    if (opening.kind === "http") {
      const isVerified = route.verifiedFor === hostOf(route);
      return this.#serve(guest, route, hostOf(route), async () => ({
        stream: outside,
        isVerified,
      }));
    }
    const { terminator } = this.#options;
    if (opening.kind !== "tls" || !terminator || !maySpeakHttp(opening.hello, route))
      return undefined;
    return this.#open(terminator, opening.hello, route, guest, outside);
  }

  async #open(
    terminator: TlsTerminator,
    { serverName }: ClientHello,
    route: Route,
    guest: ByteStream,
    outside: OutsideStream,
  ): Promise<void> {
    const name = serverName ?? hostOf(route);
    const plain = new PeekedStream(await terminator.accept(guest, name));
    try {
      if (!(await beginsHttp(plain))) return await this.#relay(name, route, plain, outside);
      const tls = { ...route, tls: true };
      return await this.#serve(plain, tls, name, () => secured(outside, name));
    } finally {
      plain.abort();
    }
  }

  async #serve(
    guest: ByteStream,
    {
      port,
      asker,
      tls,
      meter,
    }: Pick<Route, "port" | "asker" | "meter"> & { readonly tls: unknown },
    host: string,
    open: () => Promise<Upstream>,
  ): Promise<void> {
    const { policy, credentials } = this.#options;
    const destination = { protocol: tls ? ("https" as const) : ("http" as const), host, port };
    const options = { destination, asker, policy, credentials, meter, open };
    const { Exchange } = await import("./exchange.ts");
    await new Exchange(guest, options).serve();
  }

  /** No HTTP after all: then the connection as such must be allowed. */
  async #relay(
    host: string,
    { port, asker }: Route,
    guest: ByteStream,
    outside: OutsideStream,
  ): Promise<void> {
    const crossing = { kind: "connect", protocol: "tls", host, port } as const;
    await require(this.#options.policy, crossing, asker);
    await relay(guest, (await secured(outside, host)).stream);
  }
}

async function beginsHttp(plain: PeekedStream): Promise<boolean> {
  for (;;) {
    const found = looksLikeHttp(plain.held, plain.isOver);
    if (found !== undefined) return found;
    await plain.more();
  }
}

async function secured(outside: OutsideStream, servername: string): Promise<Upstream> {
  let why: string | undefined;
  try {
    const session = await outside.startTls({
      servername,
      alpnProtocols: ["http/1.1"],
      rejectUnauthorized: true,
    });
    if (session.authorized) return { stream: outside, isVerified: true };
    why = session.authorizationError;
  } catch (reason) {
    if (!(reason instanceof KernelError)) throw reason;
    if (reason.errno !== Errno.EPROTO) throw reason;
  }
  const shown =
    why === undefined ? "its TLS cannot be spoken" : `its certificate is refused: ${why}`;
  throw new UpstreamFailure(`${servername} is not trusted: ${shown}`);
}

/** Of TLS: SMTP, FTP, IMAP, POP, where the server speaks first and nobody would before it. */
const OTHERS = new Set([465, 990, 993, 995]);

/** It offers HTTP/1.1, or says nothing of protocols. */
function maySpeakHttp({ alpnProtocols }: ClientHello, { port }: Route): boolean {
  return alpnProtocols.includes("http/1.1") || (alpnProtocols.length === 0 && !OTHERS.has(port));
}

function hostOf({ host }: Pick<Route, "host">): string {
  return normalizeHost(host)?.text ?? host;
}
