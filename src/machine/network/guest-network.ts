/**
 * What the API asks of the machine's own network: requests to its HTTP servers, connections to any. A
 * request with a small body and a small answer is one call.
 */
import { Errno, type Kernel, KernelError, SHUT_RDWR, SHUT_WR } from "../../../kernel/index.ts";
import { IsopodError } from "../../errors.ts";
import { sourceOf } from "../../http/byte-stream.ts";
import type { ClientResponse } from "../../http/client-connection.ts";
import { HttpError } from "../../http/message.ts";
import { failed } from "../commands.ts";
import { type Failure, isFailure } from "../protocol.ts";
import { AnswerBody } from "./answer-body.ts";
import { BodyQueue } from "./body-queue.ts";
import { ConnectionPool, type Pooled } from "./connection-pool.ts";
import { dial, listening } from "./dial.ts";
import type {
  FetchAnswer,
  FetchRequest,
  GuestAddress,
  PreviewAddress,
  PreviewRequest,
} from "./protocol.ts";

/** Safe to repeat where a server closed the connection before it answered (RFC 9110, 9.2.2). */
const IDEMPOTENT = new Set(["GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"]);

interface Exchange {
  readonly givenUp: PromiseWithResolvers<void>;
  /** What the API sends of the request's body. */
  readonly sent: BodyQueue | undefined;
  pooled?: Pooled;
  answer?: AnswerBody;
}

export class GuestNetwork {
  readonly #kernel: Kernel;
  readonly #pool: ConnectionPool;
  readonly #exchanges = new Map<number, Exchange>();
  #isHalted = false;

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
    this.#pool = new ConnectionPool(kernel);
  }

  /** Before the kernel is switched off: ends what is under way. */
  halt(): void {
    this.#isHalted = true;
    this.#pool.close();
    for (const token of [...this.#exchanges.keys()]) this.cancel(token);
  }

  // HTTP

  /** Its exchange lasts until the answer's body is read, or cancelled. */
  async fetch(request: FetchRequest): Promise<FetchAnswer> {
    const { token, body } = request;
    const sent = body === "pieces" ? new BodyQueue() : undefined;
    const exchange: Exchange = { givenUp: Promise.withResolvers(), sent };
    this.#exchanges.set(token, exchange);
    try {
      const { status, reason, headers, body: source } = await this.#ask(request, exchange);
      const answer = new AnswerBody(source);
      exchange.answer = answer;
      const isWhole = await this.#isWhole(answer);
      if (isWhole) this.#exchanges.delete(token);
      return { status, reason, headers, body: isWhole ? answer.taken() : "pieces" };
    } catch (reason) {
      this.#exchanges.delete(token);
      sent?.cancel();
      throw outward(reason);
    }
  }

  /** Resolves when more of the body is wanted; false: nobody wants it. */
  async sendBody(token: number, bytes: Uint8Array): Promise<boolean> {
    return (await this.#exchanges.get(token)?.sent?.push(bytes)) ?? false;
  }

  /** The body is whole. */
  endBody(token: number): void {
    this.#exchanges.get(token)?.sent?.end();
  }

  /** What is there of the answer's body; nothing at its end. */
  async readBody(token: number): Promise<Uint8Array> {
    const exchange = this.#exchanges.get(token);
    if (!exchange?.answer) throw failed(Errno.EBADF, "read");
    try {
      const bytes = await exchange.answer.take();
      if (bytes.length === 0) this.#exchanges.delete(token);
      return bytes;
    } catch (reason) {
      this.#exchanges.delete(token);
      throw outward(reason);
    }
  }

  /** Gives an exchange up, or a wait for a port. Nothing happens where it is over. */
  cancel(token: number): void {
    const exchange = this.#exchanges.get(token);
    if (!exchange) return;
    this.#exchanges.delete(token);
    const reason = failed(Errno.ECANCELED, "fetch");
    exchange.givenUp.resolve();
    exchange.sent?.cancel();
    exchange.pooled?.connection.abort(reason);
  }

  // Connections

  /** A descriptor for the stream operations. */
  connect(to: GuestAddress): Promise<number> {
    return dial(this.#kernel, to);
  }

  /** Nothing more will be written. */
  async shutdown(fd: number): Promise<void> {
    await this.#kernel.init.shutdown(fd, SHUT_WR);
  }

  /** Gives a connection up: whoever waits for it is told so. */
  async close(fd: number): Promise<void> {
    const { init } = this.#kernel;
    try {
      await init.shutdown(fd, SHUT_RDWR);
    } catch (reason) {
      // The other end has gone already.
      if (!(reason instanceof KernelError)) throw reason;
    }
    await init.close(fd);
  }

  /** Resolves when somebody listens on `port`; false where nobody did within `timeout` milliseconds. */
  async waitForPort(token: number, port: number, timeout: number | undefined): Promise<boolean> {
    const exchange: Exchange = { givenUp: Promise.withResolvers(), sent: undefined };
    this.#exchanges.set(token, exchange);
    const { scheduler } = this.#kernel.host;
    const timer =
      timeout === undefined
        ? undefined
        : scheduler.setTimer(() => exchange.givenUp.resolve(), timeout);
    try {
      const isHeard = await listening(this.#kernel, port, exchange.givenUp.promise);
      if (!isHeard && this.#isHalted) throw failed(Errno.ESRCH, "connect");
      return isHeard;
    } finally {
      timer?.cancel();
      this.#exchanges.delete(token);
    }
  }

  /** Servers of machines have addresses for browsers (src/remote/server/previews); here there are none. */
  preview(_port: number, _options: PreviewRequest): Promise<PreviewAddress> {
    const message = "a machine of this process has no preview address; one of `isopod serve` has";
    return Promise.reject(new IsopodError("ERR_NOT_ON_THIS_HOST", message));
  }

  /** A connection that was kept may have been closed by its server just now: then once more, on a new one. */
  async #ask(request: FetchRequest, exchange: Exchange): Promise<ClientResponse> {
    const pooled = await this.#taken(request, exchange, false);
    try {
      return await this.#askOn(pooled, request, exchange);
    } catch (reason) {
      const mayRepeat =
        pooled.isUsed &&
        !pooled.connection.hasAnswered &&
        IDEMPOTENT.has(request.method) &&
        request.body !== "pieces" &&
        this.#exchanges.get(request.token) === exchange;
      if (!mayRepeat) throw reason;
      return this.#askOn(await this.#taken(request, exchange, true), request, exchange);
    }
  }

  async #taken({ token, to }: FetchRequest, exchange: Exchange, fresh: boolean): Promise<Pooled> {
    const pooled = await this.#pool.take(to, fresh);
    exchange.pooled = pooled;
    if (this.#exchanges.get(token) === exchange) return pooled;
    pooled.connection.abort();
    throw failed(Errno.ECANCELED, "fetch");
  }

  #askOn(pooled: Pooled, request: FetchRequest, { sent }: Exchange): Promise<ClientResponse> {
    const { to, method, target, headers, body, length } = request;
    const whole = body instanceof Uint8Array ? body : undefined;
    return pooled.connection.request(
      {
        method,
        target,
        headers,
        body: whole ? sourceOf(whole) : sent,
        length: whole ? whole.length : length,
      },
      () => this.#pool.give(to, pooled),
    );
  }

  /** Comes with the head, or a turn later: servers write both at once, but in two calls. */
  async #isWhole(answer: AnswerBody): Promise<boolean> {
    if (await answer.look()) return true;
    await this.#kernel.host.scheduler.yield();
    return answer.look();
  }
}

function outward(reason: unknown): unknown {
  if (isFailure(reason)) return reason;
  if (reason instanceof KernelError) return failed(reason.errno, "connect");
  if (!(reason instanceof HttpError)) return reason;
  if (reason.code === "ECONNRESET") {
    return { ...failed(Errno.ECONNRESET, "read"), message: `ECONNRESET: ${reason.message}` };
  }
  const failure: Failure = {
    failure: true,
    errno: undefined,
    syscall: "",
    code: reason.code,
    message: `the server in the machine does not speak HTTP as it should: ${reason.message}`,
  };
  return failure;
}
