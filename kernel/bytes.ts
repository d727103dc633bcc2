/**
 * UTF-8 with surrogate escape: kernel text is JavaScript strings in which a byte that is not part of
 * valid UTF-8 stands as a lone surrogate U+DC80..U+DCFF, so that every byte string survives the round
 * trip. Source: Python PEP 383. Pure, because the kernel has no TextDecoder.
 */

const CHUNK = 8192;

/** Encodes `text`; escaped surrogates become their byte again, other lone surrogates U+FFFD. */
export function encodeUtf8(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length * 3);
  return bytes.slice(0, encodeUtf8Into(text, bytes));
}

/** Encodes into `target`, which must hold `3 * text.length` bytes, and returns the bytes written. */
export function encodeUtf8Into(text: string, target: Uint8Array, start = 0): number {
  let at = start;
  for (let i = 0; i < text.length; i++) {
    let code = text.charCodeAt(i);
    if (code < 0x80) {
      target[at++] = code;
      continue;
    }
    if (code >= 0xd800 && code <= 0xdfff) {
      if (code >= 0xdc80 && code <= 0xdcff) {
        target[at++] = code - 0xdc00;
        continue;
      }
      const low = code < 0xdc00 ? text.charCodeAt(i + 1) : 0;
      if (low >= 0xdc00 && low <= 0xdfff) {
        code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
        i++;
      } else {
        code = 0xfffd;
      }
    }
    if (code < 0x800) {
      target[at++] = 0xc0 | (code >> 6);
    } else {
      if (code < 0x10000) {
        target[at++] = 0xe0 | (code >> 12);
      } else {
        target[at++] = 0xf0 | (code >> 18);
        target[at++] = 0x80 | ((code >> 12) & 0x3f);
      }
      target[at++] = 0x80 | ((code >> 6) & 0x3f);
    }
    target[at++] = 0x80 | (code & 0x3f);
  }
  return at - start;
}

/** The number of bytes that `encodeUtf8(text)` has. */
export function utf8Length(text: string): number {
  let length = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code < 0x80) length += 1;
    else if (code < 0x800) length += 2;
    else if (code < 0xd800 || code > 0xdfff) length += 3;
    else if (code >= 0xdc80 && code <= 0xdcff) length += 1;
    else if (code < 0xdc00 && isLowSurrogate(text.charCodeAt(i + 1))) {
      length += 4;
      i++;
    } else length += 3;
  }
  return length;
}

/** Decodes bytes, which may lie in shared memory; invalid ones are escaped. */
export function decodeUtf8(bytes: Uint8Array, start = 0, end = bytes.length): string {
  let text = "";
  const units: number[] = [];
  for (let i = start; i < end; ) {
    const lead = bytes[i] as number;
    if (lead < 0x80) {
      units.push(lead);
      i++;
    } else {
      const code = decodeSequence(bytes, i, end, lead);
      if (code < 0) {
        units.push(0xdc00 + lead);
        i++;
      } else if (code < 0x10000) {
        units.push(code);
        i += code < 0x800 ? 2 : 3;
      } else {
        units.push(0xd800 + ((code - 0x10000) >> 10), 0xdc00 + ((code - 0x10000) & 0x3ff));
        i += 4;
      }
    }
    if (units.length >= CHUNK) {
      text += String.fromCharCode.apply(null, units);
      units.length = 0;
    }
  }
  return text + String.fromCharCode.apply(null, units);
}

function isLowSurrogate(code: number): boolean {
  return code >= 0xdc00 && code <= 0xdfff;
}

/** The code point of the multi-byte sequence at `i`, or -1 where it is not valid (RFC 3629). */
function decodeSequence(bytes: Uint8Array, i: number, end: number, lead: number): number {
  if (lead < 0xc2 || lead > 0xf4) return -1;
  const extra = lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : 3;
  if (i + extra >= end) return -1;
  let code = lead & (0x3f >> extra);
  for (let k = 1; k <= extra; k++) {
    const next = bytes[i + k] as number;
    if ((next & 0xc0) !== 0x80) return -1;
    code = (code << 6) | (next & 0x3f);
  }
  const tooShort = extra === 2 ? code < 0x800 : extra === 3 && (code < 0x10000 || code > 0x10ffff);
  return tooShort || (code >= 0xd800 && code <= 0xdfff) ? -1 : code;
}

/** All of `pieces` in a row; one alone is given as it is. */
export function joined(pieces: readonly Uint8Array[]): Uint8Array {
  if (pieces.length === 1) return pieces[0] as Uint8Array;
  const whole = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}
