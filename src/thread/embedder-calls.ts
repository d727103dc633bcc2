/**
 * Calls from the kernel's thread to the embedders of its machines, as messages beside comlink's: a port
 * of comlink's own for each would keep the process alive. Both ends, for every host with a worker.
 */
import type { Embedder, EmbedderNumber } from "../machine/embedder.ts";
import { type Failure, isFailure } from "../machine/protocol.ts";

/** From the kernel's thread. */
export interface Ask {
  readonly ask: number;
  readonly embedder: EmbedderNumber;
  readonly name: keyof Embedder;
  readonly args: readonly unknown[];
}

/** To it. */
export interface Answer {
  readonly answer: number;
  readonly value?: unknown;
  readonly failure?: Failure;
}

/** The kernel's side: embedders whose every method is a message. */
export class FarEmbedders {
  readonly #post: (message: Ask) => void;
  readonly #pending = new Map<
    number,
    { resolve(value: unknown): void; reject(why: unknown): void }
  >();
  #last = 0;

  constructor(post: (message: Ask) => void) {
    this.#post = post;
  }

  at(embedder: EmbedderNumber): Embedder {
    return new Proxy({} as Embedder, {
      get: (_target, name) => this.#method(embedder, name as keyof Embedder),
    });
  }

  /** True where `message` was an answer. */
  hear(message: Partial<Answer> | undefined): boolean {
    if (message?.answer === undefined) return false;
    const call = this.#pending.get(message.answer);
    this.#pending.delete(message.answer);
    if (message.failure) call?.reject(message.failure);
    else call?.resolve(message.value);
    return true;
  }

  #method(embedder: EmbedderNumber, name: keyof Embedder): unknown {
    // Asked by whoever awaits the embedder itself.
    if ((name as string) === "then") return undefined;
    if (isOneWay(name)) {
      return (...args: unknown[]) => this.#post({ ask: 0, embedder, name, args });
    }
    return (...args: unknown[]) =>
      new Promise((resolve, reject) => {
        const ask = ++this.#last;
        this.#pending.set(ask, { resolve, reject });
        this.#post({ ask, embedder, name, args });
      });
  }
}

/** The API's side. */
export class NearEmbedders {
  readonly #embedders = new Map<EmbedderNumber, Embedder>();
  #last = 0;

  add(embedder: Embedder): EmbedderNumber {
    this.#embedders.set(++this.#last, embedder);
    return this.#last;
  }

  /** The kernel is gone: nothing more will be asked. */
  release(): void {
    for (const embedder of this.#embedders.values()) embedder.release();
    this.#embedders.clear();
  }

  /** True where `message` was a call; its answer is given to `post`. */
  hear(message: Partial<Ask> | undefined, post: (answer: Answer) => void): boolean {
    const { ask: answer, embedder, name, args = [] } = message ?? {};
    if (answer === undefined || embedder === undefined || name === undefined) return false;
    const target = this.#embedders.get(embedder);
    if (name === "release") this.#embedders.delete(embedder);
    const call = target?.[name] as ((...args: unknown[]) => unknown) | undefined;
    if (isOneWay(name)) {
      call?.apply(target, args as unknown[]);
      return true;
    }
    void Promise.resolve()
      .then(() => {
        if (!call) throw new Error(`there is nobody left to ask for ${name}`);
        return call.apply(target, args as unknown[]);
      })
      .then((value) => post({ answer, value }))
      // Also of an answer that cannot be a message: whoever asked would wait, and nobody hear of it.
      .catch((reason) => post({ answer, failure: failureOf(reason) }));
    return true;
  }
}

/** Nobody waits for these. */
function isOneWay(name: keyof Embedder): boolean {
  return ONE_WAY.has(name);
}

const ONE_WAY: ReadonlySet<keyof Embedder> = new Set([
  ...(["tell", "release", "feedTool", "cancelTool"] as const),
]);

function failureOf(reason: unknown): Failure {
  if (isFailure(reason)) return reason;
  const { message, stack } = reason instanceof Error ? reason : new Error(String(reason));
  const { errno } = Object(reason) as { errno?: unknown };
  // Node's errors have negative numbers.
  const number = typeof errno === "number" ? Math.abs(errno) : undefined;
  return { failure: true, errno: number, syscall: "", message, stack };
}
