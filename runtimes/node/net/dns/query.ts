/**
 * One question to DNS servers, over UDP: asked of one after the other, with more and more time, until one
 * answers. What went wrong is a code of c-ares, as lib/dns names it.
 */
import {
  AF_INET,
  AF_INET6,
  Errno,
  KernelError,
  MSG_DONTWAIT,
  POLLIN,
  SOCK_CLOEXEC,
  SOCK_DGRAM,
  SOCK_NONBLOCK,
} from "../../../../kernel/abi.ts";
import type { Environment } from "../../environment.ts";
import { Watcher } from "../../loop/event-loop.ts";
import { Timer } from "../../loop/timer.ts";
import { inetAddress } from "../addresses.ts";
import { type Answer, decodeAnswer, encodeQuery } from "./message.ts";

export type Server = readonly [address: string, port: number];

export interface QueryOptions {
  readonly servers: readonly Server[];
  /** Milliseconds of the first attempt, and at most; how often each server is asked. */
  readonly timeout: number;
  readonly maxTimeout: number;
  readonly tries: number;
}

/** `code` is undefined where `answer` is there. */
export type QueryDone = (code: string | undefined, answer: Answer | undefined) => void;

const ANSWER_MAX = 65_535;
const RESPONSE_CODES = ["", "EFORMERR", "ESERVFAIL", "ENOTFOUND", "ENOTIMP", "EREFUSED"];

export class Query {
  readonly #env: Environment;
  readonly #options: QueryOptions;
  readonly #done: QueryDone;
  readonly #id: number;
  readonly #message: Uint8Array | undefined;
  readonly #timer: Timer;
  #watcher: Watcher | undefined;
  #attempt = 0;
  #isOver = false;
  /** Why the last server did not answer. */
  #failure = "ETIMEOUT";

  constructor(
    env: Environment,
    name: string,
    type: number,
    options: QueryOptions,
    done: QueryDone,
  ) {
    this.#env = env;
    this.#options = options;
    this.#done = done;
    const random = new Uint8Array(2);
    env.sys.getrandom(random);
    this.#id = ((random[0] as number) << 8) | (random[1] as number);
    this.#message = encodeQuery(this.#id, name, type);
    this.#timer = new Timer(env.loop, () => {
      this.#failure = "ETIMEOUT";
      this.#next();
    });
    if (this.#message) this.#next();
    else env.loop.request(() => this.#end("EBADNAME", undefined));
  }

  cancel(): void {
    if (!this.#isOver) this.#end("ECANCELLED", undefined);
  }

  #next(): void {
    this.#closeSocket();
    const { servers, tries, timeout, maxTimeout } = this.#options;
    const server = servers[this.#attempt % servers.length];
    const round = Math.floor(this.#attempt / servers.length);
    this.#attempt++;
    if (!server || round >= tries) {
      this.#env.loop.request(() => this.#end(this.#failure, undefined));
      return;
    }
    // The program may have computed for long since the loop looked at the clock.
    this.#env.loop.updateTime();
    const patience = timeout * 2 ** Math.min(round, ROUNDS_MAX);
    this.#timer.start(Math.max(1, maxTimeout > 0 ? Math.min(patience, maxTimeout) : patience));
    try {
      this.#ask(server);
    } catch (reason) {
      this.#failed(reason);
    }
  }

  #ask([host, port]: Server): void {
    const { sys, loop } = this.#env;
    const family = host.includes(":") ? AF_INET6 : AF_INET;
    const fd = sys.socket(family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    this.#watcher = new Watcher(loop, fd, () => this.#receive(fd));
    sys.connect(fd, inetAddress(family, host, port));
    sys.sendmsg(fd, this.#message as Uint8Array, 0, undefined, []);
    this.#watcher.events = POLLIN;
  }

  #receive(fd: number): void {
    try {
      const { data } = this.#env.sys.recvmsg(fd, ANSWER_MAX, MSG_DONTWAIT);
      const answer = decodeAnswer(data.slice());
      // What is malformed, or answers something else, is as if it had not come.
      if (!answer?.isResponse || answer.id !== this.#id) return;
      const code = RESPONSE_CODES[answer.code] ?? "ESERVFAIL";
      const isFinal = answer.code === 0 || answer.code === NAME_ERROR;
      if (isFinal) this.#end(code === "" ? undefined : code, answer);
      else {
        this.#failure = code;
        this.#next();
      }
    } catch (reason) {
      this.#failed(reason);
    }
  }

  #failed(reason: unknown): void {
    if (!(reason instanceof KernelError)) throw reason;
    if (reason.errno === Errno.EAGAIN || reason.errno === Errno.EINTR) return;
    this.#failure = "ECONNREFUSED";
    this.#next();
  }

  #end(code: string | undefined, answer: Answer | undefined): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#timer.stop();
    this.#closeSocket();
    this.#done(code, answer);
  }

  #closeSocket(): void {
    const watcher = this.#watcher;
    if (!watcher) return;
    this.#watcher = undefined;
    watcher.events = 0;
    this.#env.sys.close(watcher.fd);
  }
}

const NAME_ERROR = 3;
/** Doublings of the time that an attempt has. */
const ROUNDS_MAX = 10;
