/** A TCP connection of the host's as the gateway's stream, and TLS over it. */
import { connect, isIP, type LookupFunction, type Socket, type TcpNetConnectOpts } from "node:net";
import type { TLSSocket } from "node:tls";
import { Errno, KernelError, type TlsOptions, type TlsSession } from "../../../kernel/index.ts";
import type { OutsideStream, Target } from "../../gateway/dialer.ts";

/** Connects to the first of the target's addresses that answers; to none but those. */
export function dialTcp(
  { host, port, addresses }: Target,
  ca: readonly string[],
): Promise<OutsideStream> {
  const found = addresses.map((address) => ({ address, family: isIP(address) }));
  const lookup: LookupFunction = (_name, options, done) => {
    if (options.all) done(null, found);
    else done(null, found[0]?.address ?? "", found[0]?.family);
  };
  // With `host` a name Node tries its addresses in turn, those of `lookup` (RFC 8305).
  const [only, ...others] = found;
  const to: TcpNetConnectOpts =
    only && others.length === 0
      ? { host: only.address, port }
      : { host: isIP(host) ? "addresses" : host, port, lookup, autoSelectFamily: true };
  return new Promise((resolve, reject) => {
    const socket = connect({ ...to, allowHalfOpen: true, noDelay: true });
    // Nobody's process goes on for a guest's connection.
    socket.unref();
    const fail = (error: Error) => reject(kernelError(error));
    socket.once("error", fail);
    socket.once("connect", () => {
      socket.removeListener("error", fail);
      resolve(new SocketStream(socket, host, ca));
    });
  });
}

class SocketStream implements OutsideStream {
  readonly #host: string;
  readonly #ca: readonly string[];
  #socket: Socket;
  #failure: KernelError | undefined;
  #isRead = false;
  #isEnded = false;
  /** It has no reset of its own. */
  #isTls = false;
  /** Nobody vouches for the server, or not yet: nothing passes. The guest is told why, and closes its end. */
  #isHeld = false;
  /** Wakes who waits to read. */
  #changed = () => {};
  readonly #wake = () => this.#changed();

  constructor(socket: Socket, host: string, ca: readonly string[]) {
    this.#socket = socket;
    this.#host = host;
    this.#ca = ca;
    this.#listen(socket);
  }

  async read(most: number): Promise<Uint8Array | undefined> {
    for (;;) {
      const socket = this.#socket;
      const bytes = this.#isHeld ? undefined : this.#take(socket, most);
      if (bytes) return bytes;
      if (this.#failure) throw this.#failure;
      if (this.#isHeld) {
        await this.#change();
        continue;
      }
      if (socket.readableEnded) {
        this.#isRead = true;
        return undefined;
      }
      if (socket.destroyed) throw new KernelError(Errno.ECONNRESET);
      await this.#change();
    }
  }

  write(bytes: Uint8Array): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#failure) reject(this.#failure);
      else if (this.#isHeld) reject(new KernelError(Errno.ECONNRESET));
      else this.#socket.write(bytes, (error) => (error ? reject(kernelError(error)) : resolve()));
    });
  }

  end(): Promise<void> {
    this.#isEnded = true;
    return new Promise((resolve, reject) => {
      if (this.#failure) reject(this.#failure);
      else this.#socket.end(resolve);
    });
  }

  /** The other side is told of a reset, unless both have said all that they had to say. */
  abort(): void {
    this.#failure ??= new KernelError(Errno.ECONNRESET);
    if (this.#isRead || this.#isEnded || this.#isTls) this.#socket.destroy();
    else this.#socket.resetAndDestroy();
    this.#changed();
  }

  async startTls(options: TlsOptions): Promise<TlsSession> {
    const { connectTls } = await import("./dial-tls.ts");
    if (this.#failure) throw this.#failure;
    // From here on only TLS reads it.
    const plain = this.#socket;
    plain.removeListener("readable", this.#wake);
    plain.removeListener("end", this.#wake);
    const { socket, session } = connectTls(plain, this.#host, options, this.#ca);
    this.#socket = socket;
    this.#isTls = true;
    this.#isHeld = true;
    this.#listen(socket);
    const made = await session;
    if (options.rejectUnauthorized && !made.authorized) socket.destroy();
    else this.#isHeld = false;
    this.#changed();
    return made;
  }

  #change(): Promise<void> {
    return new Promise((resolve) => {
      this.#changed = resolve;
    });
  }

  #take(socket: Socket, most: number): Uint8Array | undefined {
    const length = Math.min(socket.readableLength, most);
    // Without a look nothing would be asked of the system.
    const bytes: Uint8Array | null = length > 0 ? socket.read(length) : socket.read(0);
    return bytes ?? undefined;
  }

  #listen(socket: Socket | TLSSocket): void {
    socket.on("readable", this.#wake);
    socket.on("end", this.#wake);
    socket.on("close", this.#wake);
    socket.on("error", (error: Error) => {
      this.#failure ??= kernelError(error);
      this.#changed();
    });
  }
}

/** What connect(2), read(2) or write(2) of the guest's fail with. */
export function kernelError(error: Error & { code?: string }): KernelError {
  const { errors } = error as AggregateError;
  const { code = "" } = (errors?.at(-1) ?? error) as { code?: string };
  return new KernelError(ERRNOS.get(code) ?? Errno.ECONNRESET);
}

const ERRNOS = new Map<string, Errno>([
  ["ECONNREFUSED", Errno.ECONNREFUSED],
  ["ECONNRESET", Errno.ECONNRESET],
  ["EPIPE", Errno.EPIPE],
  ["ETIMEDOUT", Errno.ETIMEDOUT],
  ["EHOSTUNREACH", Errno.EHOSTUNREACH],
  ["ENETUNREACH", Errno.ENETUNREACH],
  ["EADDRNOTAVAIL", Errno.EADDRNOTAVAIL],
  ["EACCES", Errno.EACCES],
  ["EPERM", Errno.EPERM],
  ["EMFILE", Errno.ENFILE],
  ["ENFILE", Errno.ENFILE],
]);
