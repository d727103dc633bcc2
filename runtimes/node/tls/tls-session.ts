/**
 * Who speaks TLS for a stream: the host's library, or the gateway where the connection leads outside.
 * What the library does comes as events of each answer, in the order in which Node would have made its
 * callbacks.
 */
import type { AsyncWrap } from "../async-wrap.ts";
import type { StreamBase } from "../bindings/stream_wrap/stream-base.ts";
import type { Environment } from "../environment.ts";
import { refused } from "../errors.ts";
import { answersFor, type Promised } from "./answers-ahead.ts";
import { beginGatewaySession, type GatewaySession, type WantedSession } from "./gateway-session.ts";
import { answered, noTls, PIECE, TlsObject } from "./host-tls.ts";
import { type Event, EventName } from "./messages.ts";
import { hasTls } from "./secure-context.ts";

export class TlsSession {
  readonly #env: Environment;
  readonly #wrap: AsyncWrap;
  readonly #isServer: boolean;
  readonly #handle: (event: Event) => void;
  /** The host's end of the connection; undefined where there is none, or where a gateway has it. */
  #object: TlsObject | undefined;
  #gateway: GatewaySession | undefined;
  #ahead: Promised | undefined;
  #events: Event[] = [];
  #isTelling = false;
  #isClosed = false;

  /** `handle` hears of each event; callbacks of answers are made on `wrap`. Throws Node's errors. */
  constructor(
    env: Environment,
    wrap: AsyncWrap,
    { isServer, context }: { isServer: boolean; context: () => TlsObject },
    handle: (event: Event) => void,
  ) {
    this.#env = env;
    this.#wrap = wrap;
    this.#isServer = isServer;
    this.#handle = handle;
    if (hasTls(env)) this.#object = TlsObject.open(env, isServer ? "server" : "client", context());
    else if (isServer) throw noTls();
  }

  get isServer(): boolean {
    return this.#isServer;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  get gateway(): GatewaySession | undefined {
    return this.#gateway;
  }

  /** What a client's hello asks for, while its callbacks run. */
  get askedServername(): string | undefined {
    return this.#ahead?.servername;
  }

  get answersAhead(): Promised {
    this.#ahead ??= answersFor(this.#env, this.#wrap, this.#isServer, (operation, values) =>
      this.ask(operation, values),
    );
    return this.#ahead;
  }

  /** True where a gateway takes the connection; throws where nobody speaks TLS. */
  offer(
    below: StreamBase,
    wanted: WantedSession,
    done: (error: Error | undefined) => void,
  ): boolean {
    this.#gateway = beginGatewaySession(this.#env, below, wanted, done);
    if (this.#gateway) {
      this.#object?.close();
      this.#object = undefined;
    } else if (!this.#object) throw noTls();
    return this.#gateway !== undefined;
  }

  /** The first message of a peer that allows versions up to `newest`; 0: any. */
  start(newest: number): void {
    this.#ahead?.start(newest);
    this.ask("start");
  }

  /** Of the stream below. */
  receive(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length && !this.#isClosed; at += PIECE) {
      const piece = bytes.subarray(at, at + PIECE);
      this.#ahead?.received(piece);
      this.ask("receive", [piece]);
    }
  }

  ask(
    operation: string,
    values: readonly unknown[] = [],
    others: readonly TlsObject[] = [],
  ): unknown {
    if (this.#isClosed) return undefined;
    if (this.#gateway) return answerOfGateway(operation);
    if (!this.#object) throw noTls();
    const answer = this.#object.ask(operation, values, others);
    if (answer.events) this.#events.push(...answer.events);
    this.#tellEvents();
    return answered(answer);
  }

  /** What matters to the host's TLS alone, and not to a gateway's. */
  tell(operation: string, values: readonly unknown[] = []): void {
    if (this.#object) this.ask(operation, values);
  }

  /** What a callback writes, or shuts down, takes along what waits behind the callback. */
  sendAhead(): void {
    const sends = this.#events.filter(isSend);
    this.#events = this.#events.filter((event) => !isSend(event));
    for (const event of sends) this.#pass(event);
  }

  close(): void {
    this.#isClosed = true;
    this.#events = [];
    this.#object?.close();
    this.#gateway?.close();
  }

  /** In order: those that a callback brings about come behind those that are there. */
  #tellEvents(): void {
    if (this.#isTelling) return;
    this.#isTelling = true;
    try {
      for (let event = this.#events.shift(); event; event = this.#events.shift()) {
        this.#pass(event);
      }
    } finally {
      this.#isTelling = false;
    }
  }

  #pass(event: Event): void {
    if (isSend(event)) this.#ahead?.sent(event[1] as Uint8Array);
    this.#handle(event);
  }
}

function isSend([name]: Event): boolean {
  return name === EventName.Send;
}

/** Of the connection that a gateway has, programs are told no more than it says. */
function answerOfGateway(operation: string): undefined {
  if (!operation.startsWith("get")) throw refused(operation, "the gateway speaks TLS here");
}
