/**
 * The machine's name server: answers what c-ares and its like ask, over UDP and TCP. Names have the
 * addresses that connect(2) takes; other records come from the host's resolver, where it has one, and only
 * for names that may be looked up.
 */
import { type Asker, Errno, KernelError } from "../../kernel/index.ts";
import type { ByteStream } from "../http/byte-stream.ts";
import { normalizeHost } from "../permissions/hosts.ts";
import type { Dialer } from "./dialer.ts";
import {
  encodeAnswer,
  encodeQuery,
  encodeRefusal,
  NAME_ERROR,
  NO_ERROR,
  NOT_IMPLEMENTED,
  parseQuestion,
  type Question,
  REFUSED,
  SERVER_FAILURE,
  TYPE_A,
  TYPE_AAAA,
} from "./dns-message.ts";
import { PeekedStream } from "./peeked-stream.ts";

export interface Names {
  /** As Gateway.resolve. */
  resolve(
    name: string,
    family: 4 | 6,
    asker: Asker,
  ): readonly string[] | Promise<readonly string[]>;
  /** Whether records of `name` may be asked of the host. */
  mayAsk(name: string, asker: Asker): boolean | Promise<boolean>;
}

/** Questions that wait at the host's servers, with a socket of the host's each. */
const ASKING_MAX = 32;

export class NameServer {
  readonly #names: Names;
  readonly #ask: Dialer["queryNames"];
  #asking = 0;

  constructor(names: Names, ask: Dialer["queryNames"]) {
    this.#names = names;
    this.#ask = ask;
  }

  /** Undefined for what gets no answer. */
  async answer(message: Uint8Array, asker: Asker): Promise<Uint8Array | undefined> {
    const question = parseQuestion(message);
    if (!question) return encodeRefusal(message);
    if (!question.isInternet) return encodeAnswer(question, NOT_IMPLEMENTED);
    try {
      const { type } = question;
      if (type === TYPE_A || type === TYPE_AAAA) return await this.#addresses(question, asker);
      return await this.#records(question, asker);
    } catch (reason) {
      if (!(reason instanceof KernelError)) throw reason;
      const isRefused = reason.errno === Errno.EACCES || reason.errno === Errno.EPERM;
      return encodeAnswer(question, isRefused ? REFUSED : SERVER_FAILURE);
    }
  }

  /** One connection: messages with their length before them (RFC 7766). */
  async serve(stream: ByteStream, asker: Asker): Promise<void> {
    const peeked = new PeekedStream(stream);
    const exactly = async (length: number): Promise<Uint8Array | undefined> => {
      while (peeked.held.length < length && !peeked.isOver) await peeked.more();
      return peeked.held.length < length ? undefined : peeked.read(length);
    };
    for (;;) {
      const header = await exactly(2);
      const message =
        header && (await exactly(((header[0] as number) << 8) | (header[1] as number)));
      const answer = message && (await this.answer(message, asker));
      if (!answer) break;
      await stream.write(Uint8Array.of(answer.length >> 8, answer.length, ...answer));
    }
    await stream.end();
  }

  async #addresses(question: Question, asker: Asker): Promise<Uint8Array> {
    const family = question.type === TYPE_A ? 4 : 6;
    const found = await this.#names.resolve(question.name, family, asker);
    return encodeAnswer(question, found.length > 0 ? NO_ERROR : NAME_ERROR, found);
  }

  async #records(question: Question, asker: Asker): Promise<Uint8Array> {
    // Rules read a name in its one form, and servers as it is spelt.
    if (normalizeHost(question.name)?.text !== question.name) {
      return encodeAnswer(question, REFUSED);
    }
    if (!(await this.#names.mayAsk(question.name, asker))) return encodeAnswer(question, REFUSED);
    if (!this.#ask) return encodeAnswer(question, NOT_IMPLEMENTED);
    if (this.#asking >= ASKING_MAX) return encodeAnswer(question, SERVER_FAILURE);
    this.#asking++;
    const query = encodeQuery(question);
    const answer = await this.#ask(query).finally(() => this.#asking--);
    const isAnswer = answer.length > 3 && answer[0] === query[0] && answer[1] === query[1];
    return isAnswer ? answer : encodeAnswer(question, SERVER_FAILURE);
  }
}
