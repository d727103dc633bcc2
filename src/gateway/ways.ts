/** Connections of guests that the gateway has made, from connect(2) to their end. */
import type { Sys, TlsOptions, TlsSession, Way } from "../../kernel/index.ts";
import { Errno, KernelError } from "../../kernel/index.ts";
import type { ByteStream } from "../http/byte-stream.ts";
import { GuestStream } from "./guest-stream.ts";
import type { OutsideEnd } from "./outside-end.ts";

/** Where open things are kept, so that they end with the machine. */
export interface Registry {
  enter(open: { abort(): void }): void;
  leave(open: { abort(): void }): void;
}

/** Moves the bytes of a connection until it is done with. */
export type Carry = (guest: ByteStream, tls: SessionOf) => Promise<void>;

/**
 * The TLS that the guest has asked for. It may have sent what is to go through it by then: until it is
 * there, nothing may go out.
 */
export type SessionOf = () => Promise<TlsSession> | undefined;

/** To somebody outside. */
export class OutsideWay implements Way {
  readonly #init: Sys;
  readonly #outside: OutsideEnd;
  readonly #carry: Carry;
  readonly #secure: (options: TlsOptions) => Promise<TlsSession>;
  readonly #registry: Registry;
  #guest: GuestStream | undefined;
  #tls: Promise<TlsSession> | undefined;

  constructor(
    init: Sys,
    outside: OutsideEnd,
    carry: Carry,
    secure: (options: TlsOptions) => Promise<TlsSession>,
    registry: Registry,
  ) {
    this.#init = init;
    this.#outside = outside;
    this.#carry = carry;
    this.#secure = secure;
    this.#registry = registry;
    registry.enter(this);
  }

  begin(fd: number): void {
    const outside = this.#outside;
    const guest = new GuestStream(this.#init, fd);
    this.#guest = guest;
    // Nobody is left to hear what the outside may still say; what the guest said is said first.
    void guest.gone.then(() => outside.ended).then(() => this.abort());
    void this.#carry(guest, () => this.#tls).finally(() => this.abort());
  }

  async startTls(options: TlsOptions): Promise<TlsSession> {
    this.#tls = this.#secure(options);
    return this.#tls;
  }

  abandon(): void {
    this.abort();
  }

  abort(): void {
    this.#registry.leave(this);
    this.#guest?.abort();
    this.#outside.abort();
  }
}

/** To a service of the gateway's own. */
export class ServiceWay implements Way {
  readonly #init: Sys;
  readonly #serve: (guest: ByteStream) => Promise<void>;
  readonly #registry: Registry;
  #guest: GuestStream | undefined;

  constructor(init: Sys, serve: (guest: ByteStream) => Promise<void>, registry: Registry) {
    this.#init = init;
    this.#serve = serve;
    this.#registry = registry;
    registry.enter(this);
  }

  begin(fd: number): void {
    this.#guest = new GuestStream(this.#init, fd);
    void this.#serve(this.#guest).finally(() => this.abort());
  }

  async startTls(): Promise<TlsSession> {
    throw new KernelError(Errno.EPROTO);
  }

  abandon(): void {
    this.abort();
  }

  abort(): void {
    this.#registry.leave(this);
    this.#guest?.abort();
  }
}
