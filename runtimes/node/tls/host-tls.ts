/**
 * The host's TLS as a guest's bindings reach it (kernel/net/tls-file.ts): objects behind descriptors that
 * are asked by messages, at once. Where the host has none, every call says so with Node's error.
 */
import { Errno, KernelError } from "../../../kernel/abi.ts";
import { bufferOf } from "../buffers.ts";
import type { Environment } from "../environment.ts";
import { codedError, refused, uvException } from "../errors.ts";
import { type Answer, type Failure, pack, unpack } from "./messages.ts";

/** Bytes before an answer: how many of it are left. */
const HEADER = 4;
const ROOM = 131_072;
/** All authorities take a quarter of it. */
const LIBRARY_ROOM = 1_048_576;
/** Bytes of data that one message carries. */
export const PIECE = 262_144;
const NO_OBJECT = -1;
const NOTHING = new Uint8Array();

/** Where answers come to; they are copied from there. */
let room: Uint8Array | undefined;

/** Closes what a program forgot. */
const forgotten = new FinalizationRegistry((close: () => void) => close());

export class TlsObject {
  readonly #env: Environment;
  #fd: number;

  private constructor(env: Environment, fd: number) {
    this.#env = env;
    this.#fd = fd;
    forgotten.register(this, () => env.sys.close(fd), this);
  }

  static open(env: Environment, kind: string, context?: TlsObject): TlsObject {
    const of = context ? context.#fd : NO_OBJECT;
    return new TlsObject(
      env,
      guarded(kind, () => env.sys.tls_open(kind, of)),
    );
  }

  get isOpen(): boolean {
    return this.#fd >= 0;
  }

  ask(operation: string, values: readonly unknown[], others: readonly TlsObject[] = []): Answer {
    const message = pack({ operation, values });
    const fds = others.map((other) => other.#fd);
    return guarded(operation, () => exchange(this.#env, this.#fd, fds, message));
  }

  close(): void {
    if (this.#fd < 0) return;
    forgotten.unregister(this);
    this.#env.sys.close(this.#fd);
    this.#fd = -1;
  }
}

/** What the host's library says, in one answer; throws its error. */
export function askLibrary(
  env: Environment,
  operation: string,
  ...values: readonly unknown[]
): unknown {
  const message = pack({ operation, values });
  return answered(
    guarded(operation, () => exchange(env, NO_OBJECT, [], message, new Uint8Array(LIBRARY_ROOM))),
  );
}

/** The value of an answer; throws where there is an error instead. */
export function answered({ value, error }: Answer): unknown {
  if (error) throw errorOf(error);
  return value;
}

/** An error of OpenSSL's or Node's, as it was thrown there. */
export function errorOf({ type, message, fields }: Failure): Error {
  const Class = type === "TypeError" ? TypeError : type === "RangeError" ? RangeError : Error;
  const error = Object.assign(new Class(message), fields);
  const { code } = error as { code?: unknown };
  if (typeof code === "string" && RENAMED[code]) Object.assign(error, { code: RENAMED[code] });
  return error;
}

/** Codes that newer releases than the library's have corrected. */
const RENAMED: Readonly<Record<string, string>> = {
  ERR_TLS_PSK_SET_IDENTITY_HINT_FAILED: "ERR_TLS_PSK_SET_IDENTIY_HINT_FAILED",
};

/** Plain objects and Buffers of an answer's, which has neither. */
export function natural(env: Environment, value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (value instanceof Uint8Array) return bufferOf(env, value.slice());
  if (Array.isArray(value)) return value.map((item) => natural(env, item));
  const made: Record<string, unknown> = {};
  for (const key of Object.keys(value)) {
    made[key] = natural(env, (value as Record<string, unknown>)[key]);
  }
  return made;
}

function exchange(
  { sys }: Environment,
  fd: number,
  others: readonly number[],
  message: Uint8Array,
  target: Uint8Array = shared(),
): Answer {
  let whole: Uint8Array | undefined;
  let at = 0;
  do {
    const filled = sys.tls_call(fd, others, target, whole ? NOTHING : message);
    whole ??= new Uint8Array(new DataView(target.buffer).getUint32(0, true));
    whole.set(target.subarray(HEADER, filled), at);
    at += filled - HEADER;
  } while (at < whole.length);
  return unpack(whole) as Answer;
}

function shared(): Uint8Array {
  room ??= new Uint8Array(ROOM);
  return room;
}

/** The errors of the calls themselves, in Node's words. */
function guarded<T>(what: string, act: () => T): T {
  try {
    return act();
  } catch (reason) {
    if (!(reason instanceof KernelError)) throw reason;
    switch (reason.errno) {
      case Errno.ENOSYS:
        throw noTls();
      case Errno.EINVAL:
        throw codedError(Error, "ERR_INVALID_STATE", `Invalid state: TLS cannot ${what} here`);
      default:
        throw uvException(-reason.errno, `tls ${what}`);
    }
  }
}

export function noTls(): Error {
  return refused("TLS", "this machine's host has none to lend");
}
