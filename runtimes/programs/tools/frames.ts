/**
 * What travels on the socket of a tool's call: frames of a type, a length (32 bits, little endian) and
 * that many bytes. One connection is one call; whoever closes it ends the call.
 */
import { encodeUtf8 } from "../../../kernel/bytes.ts";

/** Where the machine's first process waits for calls: an abstract name of a Unix socket. */
export const TOOL_SOCKET = "\0isopod/tools";

export const Frame = {
  // From the caller.
  /** JSON of a CallRequest. */
  CALL: 0x63,
  /** Bytes of standard input, answering WANT; none at its end. */
  INPUT: 0x69,
  // To the caller.
  /** Text or bytes that the tool writes as it goes. */
  OUTPUT: 0x6f,
  /** JSON of one value of a result that is a stream. */
  ITEM: 0x76,
  /** JSON of what the tool says of its progress. */
  PROGRESS: 0x70,
  /** The tool reads its standard input. */
  WANT: 0x77,
  // The end, one of these: the result as JSON, as text, as bytes, as nothing, or JSON of a CallFailure.
  JSON: 0x6a,
  TEXT: 0x74,
  BYTES: 0x62,
  NOTHING: 0x6e,
  FAILURE: 0x66,
} as const;

export type FrameType = (typeof Frame)[keyof typeof Frame];

export interface CallRequest {
  readonly name: string;
  /** JSON, in JSON: it is read once, by the embedder's side. */
  readonly input: string;
  /** The caller answers WANT. */
  readonly hasInput: boolean;
}

export type FailureKind =
  /** The input does not fit: `issues` say where. */
  | "invalid"
  | "denied"
  | "unknown"
  | "timeout"
  | "cancelled"
  /** It threw, or what it gave back cannot be passed on. */
  | "failed";

export interface CallFailure {
  readonly kind: FailureKind;
  readonly message: string;
  readonly issues: readonly Issue[];
}

export interface Issue {
  /** Property names and indexes from the outside in. */
  readonly path: readonly (string | number)[];
  readonly message: string;
}

export const HEADER_BYTES = 5;
/** Bytes of a tool's input, as JSON. */
export const INPUT_MAX = 8 << 20;
/** Bytes of a tool's result; a stream may be longer. */
export const RESULT_MAX = 16 << 20;

export function frame(type: FrameType, payload: Uint8Array | string = EMPTY): Uint8Array {
  const body = typeof payload === "string" ? encodeUtf8(payload) : payload;
  const bytes = new Uint8Array(HEADER_BYTES + body.length);
  bytes[0] = type;
  new DataView(bytes.buffer).setUint32(1, body.length, true);
  bytes.set(body, HEADER_BYTES);
  return bytes;
}

const EMPTY = new Uint8Array(0);

/** Puts frames together again. */
export class FrameReader {
  readonly #max: number;
  #pieces: Uint8Array[] = [];
  #length = 0;

  /** Frames of more than `max` bytes are refused by a RangeError. */
  constructor(max: number) {
    this.#max = max;
  }

  push(bytes: Uint8Array): void {
    this.#pieces.push(bytes);
    this.#length += bytes.length;
  }

  next(): { readonly type: number; readonly payload: Uint8Array } | undefined {
    if (this.#length < HEADER_BYTES) return undefined;
    const head = this.#joined(HEADER_BYTES);
    const size = new DataView(head.buffer, head.byteOffset).getUint32(1, true);
    if (size > this.#max) throw new RangeError(`a frame of ${size} bytes`);
    if (this.#length < HEADER_BYTES + size) return undefined;
    const all = this.#joined(this.#length);
    const end = HEADER_BYTES + size;
    const rest = all.subarray(end);
    this.#pieces = rest.length > 0 ? [rest] : [];
    this.#length = rest.length;
    return { type: all[0] as number, payload: all.subarray(HEADER_BYTES, end) };
  }

  /** The first piece, grown to at least `length`; pieces are joined only where that is needed. */
  #joined(length: number): Uint8Array {
    const [first] = this.#pieces;
    if (first && first.length >= length) return first;
    const whole = new Uint8Array(this.#length);
    let at = 0;
    for (const piece of this.#pieces) {
      whole.set(piece, at);
      at += piece.length;
    }
    this.#pieces = [whole];
    return whole;
  }
}
