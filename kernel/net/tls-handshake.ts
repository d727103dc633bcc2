/**
 * A handshake that the gateway makes for a guest (gateway.ts, startTls): the guest goes on in plain text,
 * and what came of it is read from a descriptor, once, as JSON. So an event loop can wait for it.
 */
import { encodeUtf8 } from "../bytes.ts";
import { Errno, fail, KernelError } from "../errno.ts";
import { O_NONBLOCK, O_RDONLY, POLLIN } from "../fd/flags.ts";
import { OpenFile } from "../fd/open-file.ts";
import type { Call } from "../syscalls/call.ts";
import type { Stat } from "../syscalls/types.ts";
import { S_IFREG } from "../vfs/constants.ts";
import { WaitQueue } from "../wait/wait-queue.ts";
import type { TlsOptions, TlsSession, Way } from "./gateway.ts";
import { TcpSocket } from "./tcp-socket.ts";

const NAME_MAX = 255;
const PROTOCOLS_MAX = 64;
const AUTHORITIES_MAX = 512;

/** Ways whose plain text is behind a handshake. */
const begun = new WeakSet<Way>();

/** EOPNOTSUPP where the connection does not leave the machine, EALREADY for a second handshake. */
export function startHandshake(socket: OpenFile, options: string, flags: number): TlsHandshake {
  if (!(socket instanceof TcpSocket)) fail(Errno.EOPNOTSUPP);
  if (!socket.isConnected) fail(Errno.ENOTCONN);
  const way = socket.way ?? fail(Errno.EOPNOTSUPP);
  if (begun.has(way)) fail(Errno.EALREADY);
  const wanted = readOptions(options);
  begun.add(way);
  return new TlsHandshake(way.startTls(wanted), flags);
}

export class TlsHandshake extends OpenFile {
  readonly #changed = new WaitQueue();
  #outcome: Uint8Array | KernelError | undefined;
  #at = 0;

  constructor(session: Promise<TlsSession>, flags: number) {
    super(O_RDONLY | flags);
    session.then(
      (found) => this.#settle(encodeUtf8(JSON.stringify(described(found)))),
      (reason) =>
        this.#settle(reason instanceof KernelError ? reason : new KernelError(Errno.EPROTO)),
    );
  }

  override stat(): Stat {
    const mode = S_IFREG | 0o400;
    const none = { dev: 0, ino: 0, uid: 0, gid: 0, rdev: 0, size: 0, blocks: 0 };
    const times = { atime: 0n, mtime: 0n, ctime: 0n, birthtime: 0n };
    return { ...none, ...times, mode, nlink: 1, blksize: 4096 };
  }

  override poll(): { events: number; queue: WaitQueue } {
    return { events: this.#outcome ? POLLIN : 0, queue: this.#changed };
  }

  override read(call: Call, target: Uint8Array, position: number | undefined): number {
    if (position !== undefined) fail(Errno.ESPIPE);
    if (!this.#outcome) return call.block(this.#changed, (this.flags & O_NONBLOCK) !== 0);
    if (this.#outcome instanceof KernelError) throw this.#outcome;
    const part = this.#outcome.subarray(this.#at, this.#at + target.length);
    target.set(part);
    this.#at += part.length;
    return part.length;
  }

  #settle(outcome: Uint8Array | KernelError): void {
    this.#outcome = outcome;
    this.#changed.wake();
  }
}

/** What a guest said it wants; EINVAL for what is no such thing. */
function readOptions(text: string): TlsOptions {
  let found: Record<string, unknown>;
  try {
    found = Object(JSON.parse(text));
  } catch {
    return fail(Errno.EINVAL);
  }
  const { servername, alpnProtocols = [], ca, cert, key, rejectUnauthorized = true } = found;
  if (!isText(servername, NAME_MAX) || typeof rejectUnauthorized !== "boolean") fail(Errno.EINVAL);
  if (!isTexts(alpnProtocols, PROTOCOLS_MAX, NAME_MAX)) fail(Errno.EINVAL);
  // Each is one to 255 bytes on the wire; a library may take others for a fault of its caller's.
  if (!alpnProtocols.every((name) => fits(name))) fail(Errno.EINVAL);
  if (ca !== undefined && !isTexts(ca, AUTHORITIES_MAX)) fail(Errno.EINVAL);
  if (cert !== undefined && !isText(cert)) fail(Errno.EINVAL);
  if (key !== undefined && !isText(key)) fail(Errno.EINVAL);
  return {
    servername,
    alpnProtocols,
    rejectUnauthorized,
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
  };
}

function fits(protocol: string): boolean {
  return protocol !== "" && encodeUtf8(protocol).length <= NAME_MAX;
}

/** The size of all of it is that of one message. */
function isText(value: unknown, most = Number.MAX_SAFE_INTEGER): value is string {
  return typeof value === "string" && value.length <= most;
}

function isTexts(value: unknown, count: number, most?: number): value is string[] {
  return Array.isArray(value) && value.length <= count && value.every((item) => isText(item, most));
}

/** Certificates are hexadecimal in JSON. */
function described({ peerCertificates, ...session }: TlsSession): Record<string, unknown> {
  return { ...session, peerCertificates: peerCertificates.map(hexOf) };
}

function hexOf(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
