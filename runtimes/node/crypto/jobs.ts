/** Work that `lib/internal/crypto` asks for as a job: at once, or from the event loop (crypto_util.h). */
import { AsyncWrap } from "../async-wrap.ts";
import type { Environment } from "../environment.ts";

export const Mode = { Async: 0, Sync: 1 } as const;

/** Either an error or a result. */
type Outcome = [error: unknown, result: unknown];

/** A class of jobs: `prepare` checks what it is made with, and answers with the work itself. */
export function jobClass<A extends unknown[]>(
  env: Environment,
  provider: string,
  prepare: (...args: A) => () => unknown,
): new (
  mode: number,
  ...args: A
) => object {
  return class extends AsyncWrap {
    readonly #mode: number;
    readonly #work: () => unknown;

    constructor(mode: number, ...args: A) {
      super(env, provider);
      this.#mode = mode;
      this.#work = prepare(...args);
    }

    run(): Outcome | undefined {
      if (this.#mode === Mode.Sync) return outcomeOf(this.#work);
      env.loop.request(() => {
        const [error, result] = outcomeOf(this.#work);
        this.makeCallback("ondone", error === undefined ? [undefined, result] : [error]);
        this.emitDestroy();
      });
      return undefined;
    }
  };
}

function outcomeOf(work: () => unknown): Outcome {
  try {
    return [undefined, work()];
  } catch (reason) {
    return [reason, undefined];
  }
}

/** A buffer of its own with these bytes: what jobs answer with. */
export function arrayBufferOf(bytes: Uint8Array): ArrayBuffer {
  const { buffer, byteLength } = bytes;
  if (buffer instanceof ArrayBuffer && buffer.byteLength === byteLength) return buffer;
  return new Uint8Array(bytes).buffer;
}
