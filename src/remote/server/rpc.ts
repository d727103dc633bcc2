/**
 * One client's session with one machine over the protocol: requests come in by number, are checked, done,
 * and answered under the same number. It outlives its sockets for a grace, in which the client may come
 * back; then what it held is let go.
 */
import { RemoteError, toSent } from "../errors.ts";
import { Link, ProtocolError } from "../link.ts";
import {
  CLOSE_BAD_MESSAGE,
  CLOSE_GOING_AWAY,
  CLOSE_TAKEN_OVER,
  type Hello,
  type NewsMessage,
  PING,
  PONG,
  REPLY_BYTES_MAX,
  REQUEST_BYTES_MAX,
  REQUEST_VALUES_MAX,
  REQUESTS_MAX,
  type ReplyMessage,
} from "../protocol.ts";
import { decodeValue, encodeValue } from "../values.ts";
import { Holdings } from "./holdings.ts";
import type { Connection, ConnectionAttachment, HeldMachine, ServerSocket } from "./host.ts";
import { operationOf } from "./operations.ts";
import { mayAnswerPing } from "./pings.ts";

/** System calls that a client has not taken yet, in bytes; what comes then is counted, not kept. */
const TRACE_BACKLOG_MAX = 4 << 20;
/** Answers that wait to be read, refusals too. */
const WAITING_MAX = REQUESTS_MAX * 4;
/** Beyond this a listing is refused before it is encoded. */
const ITEMS_MAX = 1 << 20;

interface Held {
  readonly machine: HeldMachine;
  readonly holdings: Holdings;
}

export interface RpcOptions {
  readonly name: string;
  readonly session: string;
  /** Most bytes of one answer. */
  readonly replyBytes?: number | undefined;
  readonly counts?: { readonly sent: number; readonly received: number };
  readonly onEnd: () => void;
  /** The socket is gone, and the client may come back. */
  readonly onCut: () => void;
}

export class RpcSession {
  readonly name: string;
  readonly session: string;
  readonly #machine: (() => Promise<HeldMachine>) | undefined;
  readonly #link: Link;
  readonly #replyBytesMax: number;
  readonly #onEnd: () => void;
  readonly #onCut: () => void;
  #held: Promise<Held> | undefined;
  #socket: ServerSocket | undefined;
  #underWay = 0;
  #lostLines = 0;
  #ended = false;

  /** A function where the host forgot its memory: the first request switches the machine on. */
  constructor(machine: HeldMachine | (() => Promise<HeldMachine>), options: RpcOptions) {
    this.name = options.name;
    this.session = options.session;
    this.#onEnd = options.onEnd;
    this.#onCut = options.onCut;
    this.#replyBytesMax = options.replyBytes ?? REPLY_BYTES_MAX;
    const events = {
      message: (id: number, bytes: Uint8Array) => void this.#request(id, bytes),
      tooLarge: (id: number) => this.#refuse(id, requestTooLarge()),
    };
    this.#link = new Link(events, REQUEST_BYTES_MAX, options.counts);
    if (typeof machine === "function") this.#machine = machine;
    else this.#held = Promise.resolve(this.#holding(machine));
  }

  get connected(): boolean {
    return this.#socket !== undefined;
  }

  /** Nothing is under way or held that a socket's end or a loss of memory would end. */
  async idle(): Promise<boolean> {
    return this.#underWay === 0 && ((await this.#held)?.holdings.empty ?? true);
  }

  canResume(theirReceived: number): boolean {
    return !this.#ended && this.#link.canResume(theirReceived);
  }

  /** Goes on over `socket`, whose client has received so many frames. */
  attach(socket: ServerSocket, theirReceived: number, resumed: boolean): Connection {
    this.#socket?.close(CLOSE_TAKEN_OVER, "another connection took this session over");
    const { received } = this.#link.counts;
    const hello: Hello = { isopod: 1, session: this.session, resumed, received };
    socket.send(JSON.stringify(hello));
    this.#socket = socket;
    this.#link.attach(socket, theirReceived);
    return this.#connection(socket);
  }

  /** Goes on over a socket that was greeted before the host forgot its memory. */
  adopt(socket: ServerSocket): Connection {
    this.#socket = socket;
    this.#link.adopt(socket);
    return this.#connection(socket);
  }

  #connection(socket: ServerSocket): Connection {
    return {
      message: (data) => {
        if (this.#socket === socket) this.#receive(socket, data);
      },
      closed: (clean) => {
        if (this.#socket !== socket) return;
        this.#socket = undefined;
        this.#link.detach();
        if (clean) void this.end();
        else this.#onCut();
      },
      attachment: (): ConnectionAttachment => ({
        machine: this.name,
        session: this.session,
        ...this.#link.counts,
      }),
    };
  }

  /** Lets go of everything. */
  async end(reason = "the session is over", code = CLOSE_GOING_AWAY): Promise<void> {
    if (this.#ended) return;
    this.#ended = true;
    this.#socket?.close(code, reason);
    this.#socket = undefined;
    this.#link.detach();
    this.#onEnd();
    const held = await this.#held?.catch(() => undefined);
    if (!held) return;
    await held.machine.thread.trace(held.machine.id, undefined).catch(() => {});
    await held.holdings.release();
  }

  #receive(socket: ServerSocket, data: string | ArrayBuffer | Uint8Array): void {
    if (data === PING) {
      if (mayAnswerPing(socket)) socket.send(PONG);
      return;
    }
    try {
      if (typeof data === "string") throw new ProtocolError("text is no frame");
      this.#link.receive(data instanceof Uint8Array ? data : new Uint8Array(data));
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      socket.close(CLOSE_BAD_MESSAGE, error.message);
      void this.end();
    }
  }

  async #request(id: number, bytes: Uint8Array): Promise<void> {
    if (this.#underWay >= REQUESTS_MAX) return this.#refuse(id, tooManyRequests());
    this.#underWay++;
    let reply: Uint8Array;
    try {
      const value = await this.#perform(decoded(bytes));
      if (Array.isArray(value) && value.length > ITEMS_MAX) throw replyTooLarge();
      reply = this.#encoded(["ok", value]);
    } catch (reason) {
      reply = this.#encoded(["failed", toSent(reason)]);
    }
    // Who reads no answers has them under way.
    if (!this.#ended) await this.#link.send(id, reply);
    this.#underWay--;
  }

  /** Also of those that are too many: who goes on asking and reads nothing is cut off. */
  #refuse(id: number, reason: RemoteError): void {
    if (this.#ended) return;
    if (this.#link.waiting <= WAITING_MAX) {
      void this.#link.send(id, this.#encoded(["failed", toSent(reason)]));
      return;
    }
    void this.end("answers are not read", CLOSE_BAD_MESSAGE);
  }

  async #perform(message: unknown): Promise<unknown> {
    if (!Array.isArray(message)) throw new RemoteError(400, "ERR_BAD_REQUEST", "no request");
    const [kind, ...rest] = message;
    if (kind === "request") return this.#operate(rest);
    if (kind === "trace") return this.#trace(rest[0] === true);
    throw new RemoteError(400, "ERR_BAD_REQUEST", "there is no such kind of request");
  }

  async #operate([part, name, args]: unknown[]): Promise<unknown> {
    const operation = operationOf(part, name);
    if (!operation || !Array.isArray(args)) {
      const what = `${String(part).slice(0, 40)}.${String(name).slice(0, 40)}`;
      throw new RemoteError(400, "ERR_NO_SUCH_OPERATION", `there is no operation ${what}`);
    }
    const { checks, serve } = operation;
    if (args.length > checks.length) {
      throw new RemoteError(
        400,
        "ERR_BAD_REQUEST",
        `${part}.${name} takes ${checks.length} values`,
      );
    }
    const checked = checks.map((check, i) => check(args[i]));
    const { holdings } = await this.#hold();
    return serve
      ? serve(holdings, ...(checked as never[]))
      : holdings.request(part as never, name as never, checked as never);
  }

  async #trace(on: boolean): Promise<void> {
    const { machine } = await this.#hold();
    await machine.thread.trace(machine.id, on ? (lines) => this.#tell(lines) : undefined);
  }

  #tell(lines: readonly string[]): void {
    if (this.#link.backlog > TRACE_BACKLOG_MAX) {
      this.#lostLines += lines.length;
      return;
    }
    const lost = this.#lostLines > 0 ? [`--- ${this.#lostLines} calls were not told ---`] : [];
    this.#lostLines = 0;
    const news: NewsMessage = ["trace", [...lost, ...lines]];
    void this.#link.send(0, encodeValue(news));
  }

  #hold(): Promise<Held> {
    this.#held ??= this.#switchOn();
    return this.#held;
  }

  async #switchOn(): Promise<Held> {
    try {
      if (!this.#machine) throw new Error("the session has no machine");
      return this.#holding(await this.#machine());
    } catch (reason) {
      this.#held = undefined;
      throw reason;
    }
  }

  #holding(machine: HeldMachine): Held {
    return { machine, holdings: new Holdings(machine, this.#replyBytesMax) };
  }

  #encoded(reply: ReplyMessage): Uint8Array {
    const bytes = encodeValue(reply);
    if (bytes.length <= this.#replyBytesMax + 1024) return bytes;
    return encodeValue(["failed", toSent(replyTooLarge())]);
  }
}

function decoded(bytes: Uint8Array): unknown {
  try {
    return decodeValue(bytes, REQUEST_VALUES_MAX);
  } catch (error) {
    const why = (error as Error).message;
    throw new RemoteError(400, "ERR_BAD_REQUEST", `the request cannot be read: ${why}`);
  }
}

function requestTooLarge(): RemoteError {
  const message = `a request has at most ${REQUEST_BYTES_MAX} bytes; send it in pieces`;
  return new RemoteError(413, "ERR_REQUEST_TOO_LARGE", message);
}

function replyTooLarge(): RemoteError {
  return new RemoteError(
    413,
    "ERR_REPLY_TOO_LARGE",
    "the answer is too large; ask for less at once",
  );
}

function tooManyRequests(): RemoteError {
  const message = `${REQUESTS_MAX} requests are under way; wait for some of them`;
  return new RemoteError(429, "ERR_TOO_MANY_REQUESTS", message);
}
