/** DNS messages (RFC 1035) as a name server needs them: the question out of a query, and answers to it. */
import { parseIPv4, parseIPv6 } from "../../kernel/net/ip-text.ts";

export const TYPE_A = 1;
export const TYPE_AAAA = 28;

/** RCODEs. */
export const NO_ERROR = 0;
export const FORMAT_ERROR = 1;
export const SERVER_FAILURE = 2;
export const NAME_ERROR = 3;
export const NOT_IMPLEMENTED = 4;
export const REFUSED = 5;

export interface Question {
  readonly id: number;
  /** RD, which an answer repeats. */
  readonly recursion: boolean;
  /** In lower case, without a dot at its end. */
  readonly name: string;
  readonly type: number;
  readonly isInternet: boolean;
  /** Something follows it, as EDNS does (RFC 6891), which asks for longer answers. */
  readonly isExtended: boolean;
  /** As it was asked: name, type and class, for the answer. */
  readonly bytes: Uint8Array;
}

const HEADER_BYTES = 12;
const LABEL_MAX = 63;
const NAME_MAX = 255;
const CLASS_IN = 1;
/** OPT, of the root, for answers of up to 4096 bytes. */
const OPT = [0, 0, 41, 0x10, 0, 0, 0, 0, 0, 0, 0];
/** Seconds: a machine's addresses may be forgotten when thousands of others were asked for. */
const TTL = 60;

/** Undefined where the bytes are no standard query of one question. */
export function parseQuestion(message: Uint8Array): Question | undefined {
  if (message.length < HEADER_BYTES) return undefined;
  const u16 = (at: number) => ((message[at] as number) << 8) | (message[at + 1] as number);
  const flags = u16(2);
  const isQuery = (flags & 0xf800) === 0;
  if (!isQuery || u16(4) !== 1) return undefined;
  const labels: string[] = [];
  let at = HEADER_BYTES;
  for (;;) {
    const length = message[at++];
    if (length === undefined || length > LABEL_MAX || at - HEADER_BYTES > NAME_MAX)
      return undefined;
    if (length === 0) break;
    if (at + length > message.length) return undefined;
    labels.push(String.fromCharCode(...message.subarray(at, at + length)));
    at += length;
  }
  if (at + 4 > message.length) return undefined;
  // A dot within a label would be read as one between two.
  if (labels.some((label) => label.includes("."))) return undefined;
  return {
    id: u16(0),
    recursion: (flags & 0x0100) !== 0,
    name: labels.join(".").toLowerCase(),
    type: u16(at),
    isInternet: u16(at + 2) === CLASS_IN,
    isExtended: u16(10) > 0,
    bytes: message.slice(HEADER_BYTES, at + 4),
  };
}

/** The question alone, for a server outside: what else a guest put into its message stays here. */
export function encodeQuery({ id, recursion, bytes, isExtended }: Question): Uint8Array {
  const words = [id, recursion ? 0x0100 : 0, 1, 0, 0, isExtended ? 1 : 0];
  return Uint8Array.from([
    ...words.flatMap((word) => [word >> 8, word & 255]),
    ...bytes,
    ...(isExtended ? OPT : []),
  ]);
}

/** An answer with `addresses`, each an A or AAAA record. */
export function encodeAnswer(
  question: Question,
  code: number,
  addresses: readonly string[] = [],
): Uint8Array {
  const records = addresses.map((text) => {
    const bytes = parseIPv4(text) ?? parseIPv6(text) ?? new Uint8Array(4);
    const type = bytes.length === 4 ? TYPE_A : TYPE_AAAA;
    // The name is the one at the start of the question.
    return [0xc0, HEADER_BYTES, 0, type, 0, CLASS_IN, 0, 0, 0, TTL, 0, bytes.length, ...bytes];
  });
  const flags = 0x8080 | (question.recursion ? 0x0100 : 0) | code;
  const words = [question.id, flags, 1, records.length, 0, 0];
  return Uint8Array.from([
    ...words.flatMap((word) => [word >> 8, word & 255]),
    ...question.bytes,
    ...records.flat(),
  ]);
}

/** FORMERR for what is no query; undefined where not even that can be said. */
export function encodeRefusal(message: Uint8Array): Uint8Array | undefined {
  // Answers are not answered.
  if (message.length < HEADER_BYTES || ((message[2] as number) & 0x80) !== 0) return undefined;
  const [high = 0, low = 0] = message;
  return Uint8Array.of(high, low, 0x80, 0x80 | FORMAT_ERROR, 0, 0, 0, 0, 0, 0, 0, 0);
}
