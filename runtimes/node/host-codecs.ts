/** The host's codecs as a guest reaches them (kernel/codecs): system calls of our own. */
import { Errno } from "../../kernel/abi.ts";
import type { Environment } from "./environment.ts";

/** What one step carries in either direction. */
export const STEP_MAX = 1_048_576;
/** Bytes before what a step made. */
const HEADER = 8;
/** Memory for answers that is kept; larger ones are let go. */
const KEPT = 65_536;

/** What a step said went wrong: the codec's own number and name of it. */
export interface CodecFailure {
  readonly errno: number;
  readonly message: string;
  readonly code: string;
}

export interface CodecStep {
  readonly consumed: number;
  /** Valid until the next step of any codec. */
  readonly made: Uint8Array;
  readonly failure: CodecFailure | undefined;
}

const NOTHING = new Uint8Array();
/** Names of codecs that the host turned out not to have; undefined: it has none at all. */
const missing = new WeakMap<Environment, Set<string> | undefined>();
let answers = new Uint8Array(256);

/**
 * A codec of the host's; undefined where the host has none, not this one, or no room for another.
 * Parameters that it refuses are EINVAL.
 */
export function openHostCodec(
  env: Environment,
  name: string,
  parameters: readonly number[] = [],
  dictionary: Uint8Array = NOTHING,
): HostCodec | undefined {
  const unknown = missing.get(env);
  if (unknown ? unknown.has(name) : missing.has(env)) return undefined;
  try {
    return new HostCodec(env, env.sys.codec_open(name, parameters, dictionary));
  } catch (reason) {
    const errno = errnoOf(reason);
    if (errno === undefined || errno === Errno.EINVAL) throw reason;
    if (errno === Errno.ENOSYS) missing.set(env, undefined);
    if (errno === Errno.EOPNOTSUPP) missing.set(env, (unknown ?? new Set()).add(name));
    return undefined;
  }
}

/** Parts of the layer that are scripts of their own have another KernelError than what throws it. */
function errnoOf(reason: unknown): number | undefined {
  const { errno } = Object(reason) as { errno?: unknown };
  return typeof errno === "number" ? errno : undefined;
}

/** Closes what a program forgot. */
const forgotten = new FinalizationRegistry((close: () => void) => close());

export class HostCodec {
  readonly #env: Environment;
  #fd: number;

  constructor(env: Environment, fd: number) {
    this.#env = env;
    this.#fd = fd;
    forgotten.register(this, () => env.sys.close(fd), this);
  }

  /** One piece of work on `data`, STEP_MAX bytes or fewer, that makes `room` bytes or fewer. */
  step(operation: number, data: Uint8Array, room: number): CodecStep {
    const size = HEADER + Math.min(room, STEP_MAX - HEADER);
    const answer = size <= answers.length ? answers.subarray(0, size) : new Uint8Array(size);
    if (size > answers.length && size <= KEPT + HEADER) answers = answer;
    const filled = this.#env.sys.codec_step(this.#fd, operation, answer, data);
    const view = new DataView(answer.buffer, answer.byteOffset);
    const errno = view.getInt32(0, true);
    const made = answer.subarray(HEADER, filled);
    if (errno === 0) return { consumed: view.getUint32(4, true), made, failure: undefined };
    const [message = "", code = ""] = String.fromCharCode(...made).split("\0");
    return { consumed: 0, made: NOTHING, failure: { errno, message, code } };
  }

  /** Another one in the same state; undefined where there is no room for it. */
  copy(): HostCodec | undefined {
    try {
      return new HostCodec(this.#env, this.#env.sys.codec_copy(this.#fd));
    } catch (reason) {
      if (errnoOf(reason) !== undefined) return undefined;
      throw reason;
    }
  }

  close(): void {
    if (this.#fd < 0) return;
    forgotten.unregister(this);
    this.#env.sys.close(this.#fd);
    this.#fd = -1;
  }
}
