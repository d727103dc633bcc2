/** The outside's end of a connection, as the gateway holds it: counted, and its first bytes to be seen. */
import { Errno, KernelError, type TlsOptions, type TlsSession } from "../../kernel/index.ts";
import type { ByteStream } from "../http/byte-stream.ts";
import { normalizeHost } from "../permissions/hosts.ts";
import type { OutsideStream } from "./dialer.ts";
import type { EgressMeter } from "./egress-meter.ts";
import { PeekedStream } from "./peeked-stream.ts";

export class OutsideEnd extends PeekedStream implements OutsideStream {
  readonly #stream: OutsideStream;
  readonly meter: EgressMeter;
  readonly #ended = Promise.withResolvers<void>();
  /** Resolves when all that was written is on its way, and nothing more will be. */
  readonly ended: Promise<void> = this.#ended.promise;

  #verifiedFor: string | undefined;

  constructor(stream: OutsideStream, meter: EgressMeter) {
    super(metered(stream, meter));
    this.meter = meter;
    this.#stream = stream;
  }

  /** As a Route has it. */
  get verifiedFor(): string | undefined {
    return this.#verifiedFor;
  }

  override async end(): Promise<void> {
    await super.end();
    this.#ended.resolve();
  }

  async startTls(options: TlsOptions): Promise<TlsSession> {
    // A server that speaks first speaks no TLS.
    if (this.held.length > 0 || this.isOver) throw new KernelError(Errno.EPROTO);
    const session = await this.#stream.startTls(options);
    const isOurs = session.authorized && options.ca === undefined;
    this.#verifiedFor = isOurs ? normalizeHost(options.servername)?.text : undefined;
    return session;
  }
}

/** Bytes of the plain text, where the gateway speaks TLS. */
function metered(stream: ByteStream, meter: EgressMeter): ByteStream {
  return {
    async read(most) {
      const bytes = await stream.read(most);
      if (bytes) meter.in(bytes.length);
      return bytes;
    },
    write(bytes) {
      meter.out(bytes.length);
      return stream.write(bytes);
    },
    end: () => stream.end(),
    abort: (reason) => stream.abort(reason),
  };
}
