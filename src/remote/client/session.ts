/**
 * A client's session with one machine: requests go out by number and come back answered. It lives through
 * cut connections: what was under way goes on over the next socket, unless the server has let the session
 * go meanwhile; then what was under way fails, and what is asked next begins a new one.
 */
import { IsopodError } from "../../errors.ts";
import { fromSent, type SentFailure } from "../errors.ts";
import { Link, ProtocolError } from "../link.ts";
import {
  CLOSE_BAD_MESSAGE,
  CLOSE_GOING_AWAY,
  CLOSE_MACHINE_GONE,
  CLOSE_NORMAL,
  CLOSE_SILENT,
  GRACE_MS,
  type Hello,
  type NewsMessage,
  PING,
  REPLY_BYTES_MAX,
  type ReplyMessage,
  type RequestMessage,
} from "../protocol.ts";
import { decodeValue, encodeValue } from "../values.ts";
import { answerOf, type Channel, type Transport } from "./transport.ts";

/** A connection from which nothing came for twice this long is given up. */
const PING_MS = 20_000;
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 4_000;
/** How long a server may take to close its end when we leave. */
const FAREWELL_MS = 2_000;

interface Pending {
  readonly resolve: (value: unknown) => void;
  readonly reject: (reason: unknown) => void;
}

export class ClientSession {
  readonly #transport: Transport;
  readonly #path: string;
  readonly #onTrace: (lines: string[]) => void;
  readonly #pending = new Map<number, Pending>();
  #link: Link;
  #channel: Channel | undefined;
  #session: string | undefined;
  #lastId = 0;
  /** When the connection was cut that we try to take up again. */
  #cutAt: number | undefined;
  #pause = FIRST_PAUSE_MS;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #pinger: ReturnType<typeof setInterval> | undefined;
  #heard = false;
  #greeted: PromiseWithResolvers<void> | undefined;
  #closed: PromiseWithResolvers<void> | undefined;

  constructor(transport: Transport, path: string, onTrace: (lines: string[]) => void) {
    this.#transport = transport;
    this.#path = path;
    this.#onTrace = onTrace;
    this.#link = this.#newLink();
  }

  /** Resolves when the server has answered, and rejects with its reason where it refuses. */
  async connect(): Promise<void> {
    if (this.#session !== undefined) return;
    this.#greeted ??= Promise.withResolvers();
    const { promise } = this.#greeted;
    if (!this.#channel) this.#open();
    await promise;
  }

  async request(message: RequestMessage): Promise<unknown> {
    if (this.#closed) throw goneFailure();
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    this.#lastId = (this.#lastId % 0xffff_ffff) + 1;
    const id = this.#lastId;
    const bytes = encodeValue(message);
    this.#pending.set(id, { resolve, reject });
    void this.#link.send(id, bytes);
    if (!this.#channel && this.#retry === undefined) this.#open();
    return promise;
  }

  /** Leaves for good: the server lets go of what we held. */
  async close(): Promise<void> {
    if (this.#closed) return this.#closed.promise;
    this.#closed = Promise.withResolvers();
    clearTimeout(this.#retry);
    clearInterval(this.#pinger);
    this.#failAll(goneFailure());
    if (!this.#channel) {
      this.#closed.resolve();
      return;
    }
    this.#channel.close(CLOSE_NORMAL, "the client leaves");
    const limit = setTimeout(this.#closed.resolve, FAREWELL_MS);
    await this.#closed.promise;
    clearTimeout(limit);
  }

  #newLink(): Link {
    const events = {
      message: (id: number, bytes: Uint8Array) => this.#answer(id, bytes),
      tooLarge: (id: number) => this.#settle(id)?.reject(tooLarge()),
    };
    return new Link(events, REPLY_BYTES_MAX * 2);
  }

  #open(): void {
    const { received } = this.#link.counts;
    const resume = this.#session ? `?session=${this.#session}&received=${received}` : "";
    let current = true;
    const channel = this.#transport.open(this.#path + resume, {
      message: (data) => {
        if (current) this.#message(channel, data);
      },
      closed: (code, reason) => {
        if (!current) return;
        current = false;
        if (this.#channel === channel) this.#lost(code, reason);
      },
    });
    this.#channel = channel;
  }

  #message(channel: Channel, data: string | Uint8Array): void {
    this.#heard = true;
    try {
      if (typeof data === "string") this.#text(channel, data);
      else this.#link.receive(data);
    } catch (error) {
      // It speaks another language, or a newer one.
      const fault = error instanceof ProtocolError || error instanceof SyntaxError;
      if (!fault) throw error;
      channel.close(CLOSE_BAD_MESSAGE, (error as Error).message.slice(0, 100));
    }
  }

  #text(channel: Channel, text: string): void {
    if (!text.startsWith("{")) return;
    const hello = JSON.parse(text) as Hello;
    if (hello.isopod !== 1) throw new ProtocolError("the server speaks another protocol");
    if (this.#session !== undefined && !hello.resumed) this.#sessionLost();
    this.#session = hello.session;
    this.#cutAt = undefined;
    this.#pause = FIRST_PAUSE_MS;
    this.#link.attach(channel, hello.received);
    this.#greeted?.resolve();
    this.#greeted = undefined;
    this.#keepAlive();
  }

  #lost(code: number, reason: string): void {
    this.#channel = undefined;
    this.#link.detach();
    clearInterval(this.#pinger);
    if (this.#closed) {
      this.#closed.resolve();
      return;
    }
    if (this.#session === undefined) void this.#refused(reason);
    else if (isFinal(code)) this.#over(`the server ended the connection: ${reason}`);
    else this.#tryAgain();
  }

  /** It never opened; an ordinary request for the same machine tells why. */
  async #refused(reason: string): Promise<void> {
    let error: unknown;
    try {
      await answerOf(await this.#transport.fetch(this.#path.replace(/\/rpc$/, ""), {}));
      const why = reason === "" ? "the connection was refused" : reason;
      error = new IsopodError("ERR_UNREACHABLE", `${this.#transport.address}: ${why}`);
    } catch (cause) {
      error = cause;
    }
    this.#greeted?.reject(error);
    this.#greeted = undefined;
    this.#failAll(error);
    this.#link = this.#newLink();
  }

  #tryAgain(): void {
    const now = performance.now();
    this.#cutAt ??= now;
    if (now - this.#cutAt > GRACE_MS) {
      this.#over("the connection was cut, and the server cannot be reached any more");
      return;
    }
    const wait = this.#pause + this.#pause * Math.random();
    this.#pause = Math.min(this.#pause * 2, LONGEST_PAUSE_MS);
    this.#retry = setTimeout(() => {
      this.#retry = undefined;
      this.#open();
    }, wait);
  }

  /** The server kept nothing of ours. Nobody knows what became of requests that were not answered. */
  #sessionLost(): void {
    const lost = "the connection was cut for too long: what was open in the machine is closed";
    this.#failAll(new IsopodError("ERR_CONNECTION_LOST", lost));
    this.#link = this.#newLink();
  }

  #over(why: string): void {
    this.#session = undefined;
    this.#cutAt = undefined;
    this.#pause = FIRST_PAUSE_MS;
    this.#failAll(new IsopodError("ERR_CONNECTION_LOST", why));
    this.#link = this.#newLink();
  }

  #keepAlive(): void {
    clearInterval(this.#pinger);
    this.#heard = true;
    this.#pinger = setInterval(() => {
      const channel = this.#channel;
      if (!channel) return;
      if (this.#heard) {
        this.#heard = false;
        channel.send(PING);
        return;
      }
      // The close of a dead connection may take long to be told.
      this.#lost(1006, "nothing was heard");
      channel.close(CLOSE_SILENT, "nothing was heard");
    }, PING_MS);
    (this.#pinger as { unref?: () => void }).unref?.();
  }

  #answer(id: number, bytes: Uint8Array): void {
    const message = decodeValue(bytes, Number.POSITIVE_INFINITY);
    if (id === 0) {
      const [kind, lines] = message as NewsMessage;
      if (kind === "trace") this.#onTrace([...lines]);
      return;
    }
    const [kind, value] = message as ReplyMessage;
    const pending = this.#settle(id);
    if (kind === "ok") pending?.resolve(value);
    else pending?.reject(fromSent(value as SentFailure));
  }

  #settle(id: number): Pending | undefined {
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    return pending;
  }

  #failAll(reason: unknown): void {
    const all = [...this.#pending.values()];
    this.#pending.clear();
    for (const { reject } of all) reject(reason);
  }
}

/** The server's own wish, not an accident on the way. */
function isFinal(code: number): boolean {
  return code === CLOSE_BAD_MESSAGE || code === CLOSE_MACHINE_GONE || code === CLOSE_GOING_AWAY;
}

function tooLarge(): IsopodError {
  return new IsopodError("ERR_REPLY_TOO_LARGE", "the answer is too large; ask for less at once");
}

function goneFailure(): IsopodError {
  return new IsopodError("ERR_VM_DISPOSED", "the machine was disposed of");
}
