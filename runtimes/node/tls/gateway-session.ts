/**
 * TLS with the outside: the gateway makes and verifies the connection, so that its rules see what is
 * said, and the program goes on in plain text (kernel/net/tls-handshake.ts). Its certificates are those
 * that the gateway met.
 */
import { Errno, KernelError, O_CLOEXEC, O_NONBLOCK, POLLIN } from "../../../kernel/abi.ts";
import type { StreamBase } from "../bindings/stream_wrap/stream-base.ts";
import type { Environment } from "../environment.ts";
import { codedError, uvException } from "../errors.ts";
import { Watcher } from "../loop/event-loop.ts";
import { decodeHex } from "../text/base64.ts";
import { decodeLatin1, decodeUtf8 } from "../text/units.ts";
import { askLibrary } from "./host-tls.ts";
import { type Credentials, hasTls } from "./secure-context.ts";

export interface GatewaySession {
  readonly protocol: string | null;
  readonly cipher: object;
  readonly alpnProtocol: string | undefined;
  /** DER, the peer's first. */
  readonly certificates: readonly Uint8Array[];
  readonly verifyError: Error | null;
  legacyCertificate(detailed: boolean): unknown;
  close(): void;
}

export interface WantedSession {
  readonly servername: string | undefined;
  readonly protocols: Uint8Array | undefined;
  readonly credentials: Credentials;
  readonly rejectUnauthorized: boolean;
}

/** What the descriptor says: TlsSession of kernel/net/gateway.ts. */
interface Outcome {
  readonly authorized: boolean;
  readonly authorizationError?: string;
  readonly alpnProtocol?: string;
  readonly protocol: string;
  readonly cipher: object;
  readonly peerCertificates: readonly string[];
}

type Legacy = Record<string, unknown>;

/** What OpenSSL says of the codes that peers are refused by. */
const REASONS: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: "certificate has expired",
  CERT_NOT_YET_VALID: "certificate is not yet valid",
  CERT_REVOKED: "certificate revoked",
  CERT_UNTRUSTED: "certificate not trusted",
  DEPTH_ZERO_SELF_SIGNED_CERT: "self-signed certificate",
  SELF_SIGNED_CERT_IN_CHAIN: "self-signed certificate in certificate chain",
  UNABLE_TO_GET_ISSUER_CERT: "unable to get issuer certificate",
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: "unable to get local issuer certificate",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "unable to verify the first certificate",
};

const READ_SIZE = 16_384;

/**
 * Hands the connection below to the gateway and tells `done` when it is made, or why not; undefined for
 * one that stays in the machine, or that the gateway does not take.
 */
export function beginGatewaySession(
  env: Environment,
  below: StreamBase,
  wanted: WantedSession,
  done: (error: Error | undefined) => void,
): GatewaySession | undefined {
  const peer = outsidePeer(below);
  if (!peer) return undefined;
  let fd: number;
  try {
    const options = JSON.stringify(optionsOf(wanted, peer));
    fd = env.sys.tls_connect(below.fd, options, O_NONBLOCK | O_CLOEXEC);
  } catch (reason) {
    if (!(reason instanceof KernelError)) throw reason;
    // Something was said on it already, or nobody speaks TLS there: then the program does.
    if (reason.errno === Errno.EOPNOTSUPP || reason.errno === Errno.EALREADY) return undefined;
    throw uvException(-reason.errno, "tls_connect");
  }
  return new Session(env, fd, done);
}

class Session implements GatewaySession {
  readonly #env: Environment;
  readonly #fd: number;
  readonly #watcher: Watcher;
  #outcome: Outcome | undefined;
  #isClosed = false;

  constructor(env: Environment, fd: number, done: (error: Error | undefined) => void) {
    this.#env = env;
    this.#fd = fd;
    this.#watcher = new Watcher(env.loop, fd, () => {
      const error = this.#read();
      this.close();
      done(error);
    });
    this.#watcher.events = POLLIN;
  }

  get protocol(): string | null {
    return this.#outcome?.protocol ?? null;
  }

  get cipher(): object {
    return this.#outcome?.cipher ?? {};
  }

  get alpnProtocol(): string | undefined {
    return this.#outcome?.alpnProtocol;
  }

  get certificates(): readonly Uint8Array[] {
    return (this.#outcome?.peerCertificates ?? []).map((hex) => {
      const bytes = new Uint8Array(hex.length >> 1);
      decodeHex(hex, bytes, 0, bytes.length);
      return bytes;
    });
  }

  get verifyError(): Error | null {
    const { authorized, authorizationError } = this.#outcome ?? { authorized: false };
    if (authorized) return null;
    const code = authorizationError ?? "UNABLE_TO_VERIFY_LEAF_SIGNATURE";
    return codedError(Error, code, REASONS[code] ?? `the peer is not verified: ${code}`);
  }

  legacyCertificate(detailed: boolean): unknown {
    const chain = this.certificates.map((encoded) => this.#legacy(encoded));
    if (detailed) {
      for (const [i, certificate] of chain.entries()) {
        const issuer = chain[i + 1];
        if (issuer) certificate["issuerCertificate"] = issuer;
        else certificate["isOwnIssuer"] = true;
      }
    }
    return chain[0];
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#watcher.events = 0;
    this.#env.sys.close(this.#fd);
  }

  /** A host without certificates of its own has verified this one; its name is the gateway's word. */
  #legacy(encoded: Uint8Array): Legacy {
    if (!hasTls(this.#env)) return { raw: encoded };
    return (askLibrary(this.#env, "certificate", encoded) as { legacy: Legacy }).legacy;
  }

  #read(): Error | undefined {
    let text = "";
    try {
      const piece = new Uint8Array(READ_SIZE);
      for (let count = -1; count !== 0; ) {
        count = this.#env.sys.read(this.#fd, piece);
        text += decodeUtf8(piece, 0, count);
      }
      this.#outcome = JSON.parse(text) as Outcome;
      return undefined;
    } catch (reason) {
      if (!(reason instanceof KernelError)) throw reason;
      return uvException(-reason.errno, "tls_connect");
    }
  }
}

/** The address of the other end where that is not the machine. */
function outsidePeer(below: StreamBase): string | undefined {
  const { getpeername } = below as unknown as {
    getpeername?: (target: Record<string, unknown>) => number;
  };
  const peer: Record<string, unknown> = {};
  if (getpeername?.call(below, peer) !== 0) return undefined;
  const { address } = peer;
  if (typeof address !== "string") return undefined;
  return /^(::ffff:)?127\.|^::1$/.test(address) ? undefined : address;
}

function optionsOf(
  { servername, protocols, credentials, rejectUnauthorized }: WantedSession,
  peer: string,
) {
  const { authorities, certificate, key } = credentials;
  return {
    servername: servername ?? peer,
    alpnProtocols: protocols ? namesOf(protocols) : [],
    rejectUnauthorized,
    ca: authorities,
    cert: certificate,
    key,
  };
}

function namesOf(protocols: Uint8Array): string[] {
  const names: string[] = [];
  for (let at = 0; at < protocols.length; ) {
    const end = at + 1 + (protocols[at] as number);
    names.push(decodeLatin1(protocols, at + 1, end));
    at = end;
  }
  return names;
}
