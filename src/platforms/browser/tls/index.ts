/**
 * What a tab lends to guests of TLS (kernel/net/tls-file.ts): OpenSSL's wasm in a worker of its own, which
 * is started, and fetched, when a program first needs it. Should the worker fail, what was open in it
 * answers EIO, and what is opened next gets another.
 */
import { type Remote, transfer } from "comlink";
import { Errno, type HostTls, type HostTlsObject, KernelError } from "../../../../kernel/index.ts";
import { TLS } from "../../../browser-files/names.ts";
import { ServiceThread } from "../service-thread.ts";
import type { Outcome, TlsService } from "./worker.ts";

type Thread = ServiceThread<TlsService>;

/** `base` is the address of the folder that holds what dist/browser holds. */
export function tabTls(base: string): HostTls {
  let thread: Thread | undefined;
  const living = () => {
    if (!thread || thread.isDead) thread = new ServiceThread(new URL(TLS, base), "tls");
    return thread;
  };
  return {
    async ask(message) {
      const found = living();
      found.enter();
      try {
        return (await answerOf(found, (service) => service.ask(message))).answer;
      } finally {
        found.leave();
      }
    },
    open(kind, context) {
      if (kind === "context" ? context : !(context instanceof FarObject)) {
        throw new KernelError(Errno.EINVAL);
      }
      return new FarObject(context instanceof FarObject ? context.thread : living(), kind, context);
    },
  };
}

let lastNumber = 0;

class FarObject implements HostTlsObject {
  readonly thread: Thread;
  readonly #id = ++lastNumber;
  #holds = 0;

  constructor(thread: Thread, kind: string, context: HostTlsObject | undefined) {
    this.thread = thread;
    thread.enter();
    const of = context instanceof FarObject ? context.#id : undefined;
    this.#tell((service) => service.open(this.#id, kind, of));
  }

  get holds(): number {
    return this.#holds;
  }

  async call(message: Uint8Array, others: readonly HostTlsObject[]): Promise<Uint8Array> {
    const ids = others.map((other) => this.#idOf(other));
    const given = transfer(message, [message.buffer as ArrayBuffer]);
    const { answer, holds } = await answerOf(this.thread, (service) =>
      service.call(this.#id, given, ids),
    );
    this.#holds = holds;
    return answer;
  }

  close(): void {
    this.#tell((service) => service.close(this.#id));
    this.thread.leave();
  }

  /** Of an object in the same worker. */
  #idOf(other: HostTlsObject): number {
    if (other instanceof FarObject && other.thread === this.thread) return other.#id;
    throw new KernelError(Errno.EINVAL);
  }

  /** What fails now fails at the next call. */
  #tell(message: (service: Remote<TlsService>) => Promise<void>): void {
    this.thread.ask(message).catch((reason) => this.thread.end(reason));
  }
}

/** EIO where the worker failed, which is its end. */
async function answerOf(
  thread: Thread,
  question: (service: Remote<TlsService>) => Promise<Outcome>,
): Promise<Required<Pick<Outcome, "answer" | "holds">>> {
  let outcome: Outcome;
  try {
    outcome = await thread.ask(question);
  } catch (reason) {
    thread.end(reason);
    throw new KernelError(Errno.EIO);
  }
  const { answer, errno, holds } = outcome;
  if (!answer) throw new KernelError(errno as Errno);
  return { answer, holds };
}
