/** The server's part of TLS, spoken with guests by Node over a stream of the gateway's. */
import { Duplex } from "node:stream";
import { type SecureContext, TLSSocket } from "node:tls";
import { Errno, KernelError } from "../../../../kernel/index.ts";
import type { ByteStream } from "../../../http/byte-stream.ts";
import { streamFrom } from "../../../http/web-streams.ts";
import type { Terminator } from "../../../machine/platform.ts";
import { Authority } from "./authority.ts";

const READ_BYTES = 64 << 10;

export async function nodeTerminator(): Promise<Terminator> {
  const authority = await Authority.make();
  return {
    certificate: authority.certificate,
    accept: (guest, name) => accept(authority, guest, name),
  };
}

async function accept(authority: Authority, guest: ByteStream, name: string): Promise<ByteStream> {
  const socket = new TLSSocket(duplexOf(guest) as never, {
    isServer: true,
    secureContext: contextFor(authority, name),
    ALPNProtocols: ["http/1.1"],
  });
  return new Promise((resolve, reject) => {
    const failed = () => reject(new KernelError(Errno.ECONNRESET));
    socket.once("error", failed);
    socket.once("close", failed);
    // Of what breaks later only servers of Node's own are told; the connection would stay for ever.
    socket.on("_tlsError", (error: Error) => socket.destroy(error));
    socket.once("secure", () => {
      socket.removeListener("close", failed);
      resolve(breaking(streamFrom(Duplex.toWeb(socket) as never)));
    });
  });
}

/** The name is a guest's: of some that read as addresses there is no certificate. */
function contextFor(authority: Authority, name: string): SecureContext {
  try {
    return authority.contextFor(name);
  } catch {
    throw new KernelError(Errno.ECONNRESET);
  }
}

/** `stream`, which breaks as connections do, whatever a guest made Node's TLS say. */
function breaking(stream: ByteStream): ByteStream {
  const broken = () => {
    throw new KernelError(Errno.ECONNRESET);
  };
  return {
    read: (most) => stream.read(most).catch(broken),
    write: (bytes) => stream.write(bytes).catch(broken),
    end: () => stream.end().catch(broken),
    abort: (reason) => stream.abort(reason),
  };
}

function duplexOf(stream: ByteStream): Duplex {
  return new Duplex({
    read() {
      stream.read(READ_BYTES).then(
        (bytes) => this.push(bytes ?? null),
        (reason) => this.destroy(reason),
      );
    },
    write(bytes: Buffer, _encoding, done) {
      stream.write(bytes).then(() => done(), done);
    },
    final(done) {
      stream.end().then(() => done(), done);
    },
    destroy(error, done) {
      stream.abort(error ?? undefined);
      done(error);
    },
  });
}
