/**
 * internalBinding("string_decoder"): text from pieces that end within a character. Its state is bytes of
 * a buffer that lib/string_decoder.js keeps (src/string_decoder.cc).
 */
import type { BindingFactory } from "../environment.ts";
import { codedError } from "../errors.ts";
import { bytesOf } from "../text/bytes.ts";
import { ENCODINGS, type Encoding, encodingOf, readText } from "../text/encodings.ts";
import { K_STRING_MAX_LENGTH, stringTooLong } from "./buffer.ts";

/** Indices into the state: bytes 0 to 3 are those of the incomplete character. */
const Field = { Missing: 4, Buffered: 5, Encoding: 6, Count: 7 } as const;

export const stringDecoder: BindingFactory = () => ({
  encodings: [...ENCODINGS],
  kIncompleteCharactersStart: 0,
  kIncompleteCharactersEnd: 4,
  kMissingBytes: Field.Missing,
  kBufferedBytes: Field.Buffered,
  kEncodingField: Field.Encoding,
  kNumFields: Field.Count,
  kSize: Field.Count,

  decode(state: Uint8Array, chunk: unknown): string {
    if (!ArrayBuffer.isView(chunk)) {
      throw codedError(
        TypeError,
        "ERR_INVALID_ARG_TYPE",
        'The "buf" argument must be an instance of Buffer, TypedArray, or DataView.',
      );
    }
    const bytes = bytesOf(chunk);
    if (bytes.length > K_STRING_MAX_LENGTH) throw stringTooLong();
    const encoding = encodingOf(state[Field.Encoding]);
    switch (encoding) {
      case "utf8":
      case "utf16le":
      case "base64":
      case "base64url":
        return decode(state, bytes, encoding);
      default:
        return readText(bytes, encoding);
    }
  },

  /** What is left at the end, complete or not. */
  flush(state: Uint8Array): string {
    const encoding = encodingOf(state[Field.Encoding]);
    let length = state[Field.Buffered] as number;
    if (encoding === "utf16le") length &= ~1;
    state[Field.Missing] = 0;
    state[Field.Buffered] = 0;
    return readText(state.subarray(0, length), encoding);
  },
});

function decode(state: Uint8Array, chunk: Uint8Array, encoding: Encoding): string {
  let rest = chunk;
  let text = "";
  if ((state[Field.Missing] as number) > 0) {
    rest = complete(state, chunk, encoding);
    if (state[Field.Missing] === 0) {
      text = readText(state.subarray(0, state[Field.Buffered]), encoding);
      state[Field.Buffered] = 0;
      if (encoding === "utf16le") text = keepLead(state, text);
    }
  }
  if (rest.length === 0) return text;
  if ((state[Field.Buffered] as number) > 0) return text + decode(state, rest, encoding);
  hold(state, rest, encoding);
  const buffered = state[Field.Buffered] as number;
  state.set(rest.subarray(rest.length - buffered));
  return text + readText(rest.subarray(0, rest.length - buffered), encoding);
}

/** Adds to the incomplete character what belongs to it; the rest. */
function complete(state: Uint8Array, chunk: Uint8Array, encoding: Encoding): Uint8Array {
  const missing = state[Field.Missing] as number;
  let count = Math.min(missing, chunk.length);
  let left = missing - count;
  if (encoding === "utf8") {
    // A byte that starts another character ends this one, as V8's own decoder has it.
    for (let i = 0; i < count; i++) {
      if (((chunk[i] as number) & 0xc0) === 0x80) continue;
      count = i;
      left = 0;
    }
  }
  const buffered = state[Field.Buffered] as number;
  state.set(chunk.subarray(0, count), buffered);
  state[Field.Buffered] = buffered + count;
  state[Field.Missing] = left;
  return chunk.subarray(count);
}

/** A high surrogate at the end of what was completed waits for the other half. */
function keepLead(state: Uint8Array, text: string): string {
  const last = text.charCodeAt(text.length - 1);
  if (text.length % 2 === 0 || last < 0xd800 || last > 0xdbff) return text;
  state[0] = last & 0xff;
  state[1] = last >> 8;
  state[Field.Buffered] = 2;
  state[Field.Missing] = 2;
  return text.slice(0, -1);
}

/** Says in the state how many bytes at the end of `bytes` are an incomplete character. */
function hold(state: Uint8Array, bytes: Uint8Array, encoding: Encoding): void {
  const [buffered, missing] = incomplete(bytes, encoding);
  state[Field.Buffered] = buffered;
  state[Field.Missing] = missing;
}

const NOTHING = [0, 0] as const;

function incomplete(bytes: Uint8Array, encoding: Encoding): readonly [number, number] {
  const { length } = bytes;
  if (encoding === "utf16le") {
    if (length % 2 === 1) return [1, 1];
    return ((bytes[length - 1] as number) & 0xfc) === 0xd8 ? [2, 2] : NOTHING;
  }
  if (encoding !== "utf8") return length % 3 === 0 ? NOTHING : [length % 3, 3 - (length % 3)];
  for (let back = 1; back <= Math.min(3, length); back++) {
    const byte = bytes[length - back] as number;
    if ((byte & 0xc0) === 0x80) continue;
    const size =
      (byte & 0xe0) === 0xc0 ? 2 : (byte & 0xf0) === 0xe0 ? 3 : (byte & 0xf8) === 0xf0 ? 4 : 0;
    return back < size ? [back, size - back] : NOTHING;
  }
  return NOTHING;
}
