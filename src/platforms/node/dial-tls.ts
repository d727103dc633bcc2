/** TLS of the host's over a connection of the gateway's: Node verifies, guests are told. */
import { isIP, type Socket } from "node:net";
import {
  type ConnectionOptions,
  connect,
  createSecureContext,
  getCACertificates,
  type SecureContext,
  type TLSSocket,
} from "node:tls";
import { Errno, KernelError, type TlsOptions, type TlsSession } from "../../../kernel/index.ts";
import { soundPem } from "../tls/private-key.ts";

export function connectTls(
  plain: Socket,
  host: string,
  options: TlsOptions,
  ca: readonly string[],
): { socket: TLSSocket; session: Promise<TlsSession> } {
  const { servername, alpnProtocols } = options;
  const connection: ConnectionOptions & { allowHalfOpen: boolean } = {
    socket: plain,
    // What the certificate must be for; addresses are not said to the server.
    host: servername || host,
    ...(isIP(servername) || servername === "" ? {} : { servername }),
    ...(alpnProtocols.length > 0 && { ALPNProtocols: [...alpnProtocols] }),
    // The caller looks at what was found.
    rejectUnauthorized: false,
    allowHalfOpen: true,
  };
  const socket = begun(() =>
    connect({ ...connection, secureContext: contextOf(options, ca) } as ConnectionOptions),
  );
  socket.unref();
  const session = new Promise<TlsSession>((resolve, reject) => {
    const failed = () => reject(new KernelError(Errno.EPROTO));
    socket.once("error", failed);
    socket.once("close", failed);
    socket.once("secureConnect", () => {
      socket.removeListener("error", failed);
      socket.removeListener("close", failed);
      resolve(sessionOf(socket));
    });
  });
  return { socket, session };
}

/** Certificates, keys and protocols are a guest's: what OpenSSL and Node say of them is not passed on. */
function begun(connecting: () => TLSSocket): TLSSocket {
  try {
    return connecting();
  } catch {
    throw new KernelError(Errno.EPROTO);
  }
}

/** Hundreds of authorities are read once for each list of a machine's own. */
const contexts = new WeakMap<readonly string[], SecureContext>();

function contextOf(options: TlsOptions, ca: readonly string[]): SecureContext {
  const { cert, key } = options;
  if (options.ca || cert !== undefined || key !== undefined) {
    return createSecureContext({
      ca: options.ca ? [...options.ca] : authorities(ca),
      ...(cert !== undefined && { cert }),
      ...(key !== undefined && { key: soundPem(key) }),
    });
  }
  const known = contexts.get(ca);
  if (known) return known;
  const made = createSecureContext({ ca: authorities(ca) });
  contexts.set(ca, made);
  return made;
}

function authorities(ca: readonly string[]): string[] {
  return [...getCACertificates("default"), ...ca];
}

function sessionOf(socket: TLSSocket): TlsSession {
  const { authorizationError } = socket as { authorizationError?: Error & { code?: string } };
  const { name, standardName, version } = socket.getCipher();
  const code = authorizationError?.code ?? authorizationError;
  return {
    authorized: socket.authorized,
    authorizationError: code ? String(code) : undefined,
    alpnProtocol: socket.alpnProtocol || undefined,
    protocol: socket.getProtocol() ?? "",
    cipher: { name, standardName, version },
    peerCertificates: chainOf(socket),
  };
}

/** The peer's first; the last one is its own issuer. */
function chainOf(socket: TLSSocket): Uint8Array[] {
  const chain: Uint8Array[] = [];
  const seen = new Set<string>();
  let certificate = socket.getPeerCertificate(true);
  while (certificate?.raw && !seen.has(certificate.fingerprint256)) {
    seen.add(certificate.fingerprint256);
    chain.push(Uint8Array.from(certificate.raw));
    certificate = certificate.issuerCertificate;
  }
  return chain;
}
