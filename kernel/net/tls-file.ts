/**
 * TLS by the host's own library, behind descriptors: contexts (keys, certificates, what is allowed) and
 * connections. A connection has no socket: its holder carries ciphertext between it and whatever stream
 * it likes, so waiting and back-pressure are that stream's. What a message means is between the host
 * and the runtime (runtimes/node/tls/messages.ts); here they are bytes.
 */
import { Errno, fail, KernelError } from "../errno.ts";
import { HostFile } from "../fd/host-file.ts";
import type { HostTls, HostTlsObject } from "../host.ts";
import type { Kernel } from "../kernel.ts";
import { TLS_MESSAGE_MAX } from "../limits.ts";
import type { Call } from "../syscalls/call.ts";
import { sleepFor } from "../wait/sleep.ts";

/** Bytes before an answer: how many of it are left, those that follow among them. */
export const TLS_HEADER = 4;
/** What a context or a connection costs before it was given anything. */
const OBJECT_BYTES = 65_536;

/** ENOSYS where the host has no TLS. */
export function tlsOf(kernel: Kernel): HostTls {
  return kernel.host.tls ?? fail(Errno.ENOSYS);
}

/** `kind` is the host's name of it: a context, or one end of a connection in `context`. */
export function openTls(kernel: Kernel, kind: string, context: TlsFile | undefined): TlsFile {
  const tls = tlsOf(kernel);
  const { tls: budget } = kernel.network;
  budget.take(OBJECT_BYTES);
  try {
    return new TlsFile(kernel, tls.open(kind, context?.object));
  } catch (reason) {
    budget.give(OBJECT_BYTES);
    throw reason;
  }
}

/** Answers one message that needs no object. */
export function askTls(call: Call, message: Uint8Array, target: Uint8Array): number {
  const tls = tlsOf(call.kernel);
  requireMessage(message, target);
  const answer = (call.state ?? tls.ask(new Uint8Array(message))) as
    | Uint8Array
    | Promise<Uint8Array>;
  if (answer instanceof Promise) {
    return sleepFor(
      answer.then((found) => {
        call.state = found;
      }),
    );
  }
  if (answer.length + TLS_HEADER > target.length) fail(Errno.EMSGSIZE);
  return give(answer, 0, target);
}

interface Work {
  ended: Promise<void> | undefined;
  failure: KernelError | undefined;
}

export class TlsFile extends HostFile {
  protected readonly blockSize = TLS_MESSAGE_MAX;
  readonly object: HostTlsObject;
  readonly #kernel: Kernel;
  /** Bytes that are taken of the machine's. */
  #taken = OBJECT_BYTES;
  /** The last answer, and how much of it was fetched. */
  #answer: Uint8Array | undefined;
  #fetched = 0;
  /** A message that the host answers later. */
  #work: Work | undefined;
  #isClosed = false;

  constructor(kernel: Kernel, object: HostTlsObject) {
    super();
    this.#kernel = kernel;
    this.object = object;
  }

  /**
   * Answers a message, about `others` too. An answer that is longer than `target` is fetched by empty
   * messages; until then there is no other.
   */
  call(call: Call, message: Uint8Array, others: readonly TlsFile[], target: Uint8Array): number {
    if (message.length === 0) return this.#fetch(target);
    let work = call.state as Work | undefined;
    if (!work) {
      requireMessage(message, target);
      if (this.#answer || this.#work) fail(Errno.EBUSY);
      work = this.#start(message, others);
      call.state = work;
    }
    if (work.failure) throw work.failure;
    if (work.ended && this.#work === work) return sleepFor(work.ended);
    return this.#fetch(target);
  }

  protected override closed(): void {
    this.object.close();
    this.#kernel.network.tls.give(this.#taken);
    this.#taken = 0;
    this.#isClosed = true;
  }

  #start(message: Uint8Array, others: readonly TlsFile[]): Work {
    // The guest may change its memory, which the answer overwrites besides: the host sees a copy.
    const copy = new Uint8Array(message);
    this.#hold(this.object.holds + copy.length);
    const answer = this.object.call(
      copy,
      others.map(({ object }) => object),
    );
    const work: Work = { ended: undefined, failure: undefined };
    if (answer instanceof Promise) {
      this.#work = work;
      work.ended = this.#finish(answer, work);
    } else this.#take(answer);
    return work;
  }

  async #finish(answer: Promise<Uint8Array>, work: Work): Promise<void> {
    try {
      this.#take(await answer);
    } catch (reason) {
      work.failure = reason instanceof KernelError ? reason : new KernelError(Errno.EIO);
    } finally {
      this.#work = undefined;
    }
  }

  #take(answer: Uint8Array): void {
    if (this.#isClosed) return;
    this.#hold(this.object.holds + answer.length);
    this.#answer = answer;
    this.#fetched = 0;
  }

  #fetch(target: Uint8Array): number {
    const answer = this.#answer ?? fail(Errno.EINVAL);
    if (target.length <= TLS_HEADER) fail(Errno.EINVAL);
    const given = give(answer, this.#fetched, target);
    this.#fetched += given - TLS_HEADER;
    if (this.#fetched === answer.length) {
      this.#answer = undefined;
      this.#hold(this.object.holds);
    }
    return given;
  }

  #hold(bytes: number): void {
    const change = OBJECT_BYTES + bytes - this.#taken;
    if (change > 0) this.#kernel.network.tls.take(change);
    else this.#kernel.network.tls.give(-change);
    this.#taken += change;
  }
}

function requireMessage(message: Uint8Array, target: Uint8Array): void {
  if (message.length > TLS_MESSAGE_MAX) fail(Errno.EMSGSIZE);
  if (message.length === 0 || target.length <= TLS_HEADER) fail(Errno.EINVAL);
}

function give(answer: Uint8Array, from: number, target: Uint8Array): number {
  const part = answer.subarray(from, from + target.length - TLS_HEADER);
  const view = new DataView(target.buffer, target.byteOffset);
  view.setUint32(0, answer.length - from, true);
  target.set(part, TLS_HEADER);
  return TLS_HEADER + part.length;
}
