/**
 * Text in memory, one function for each way: the fast module (string-module.ts) for long text where the
 * engine has it, plain loops for short text and elsewhere. Everything that Buffer, StringDecoder,
 * TextDecoder and file names become passes here. Node's meaning throughout: invalid UTF-8 is U+FFFD for
 * each maximal part, lone surrogates are written as U+FFFD, no character is written in part.
 */
import { viewOf } from "./bytes.ts";
import { type StringModule, stringModule } from "./string-module.ts";

/** Units or bytes from which the module is faster than a loop. */
const LONG = 64;
/** Arguments of one `fromCharCode`. */
const ARGUMENTS = 8192;
const REPLACEMENT = 0xfffd;

let module: StringModule | undefined;
let memory: Uint8Array;
let makeModule: (() => StringModule | undefined) | undefined;

let asked = false;

/** Gives an engine's own module, which is made when it is first of use; none: there is no faster one. */
export function lendStrings(make: () => StringModule | undefined): void {
  makeModule = make;
}

/** The fast module. There is none while a snapshot is built; later it is made when it is first of use. */
function fast(): StringModule | undefined {
  if (asked) return module;
  if (!makeModule && typeof (globalThis as { WebAssembly?: unknown }).WebAssembly === "undefined")
    return undefined;
  asked = true;
  module = makeModule?.() ?? stringModule();
  if (module) {
    memory = new Uint8Array(module.memory.buffer);
  }
  return module;
}

/** A unit for each byte. */
export function decodeLatin1(bytes: Uint8Array, start = 0, end = bytes.length): string {
  const strings = end - start > LONG ? fast() : undefined;
  if (!strings) return fromUnits(viewOf(bytes, start, end));
  const { units, piece } = strings;
  let text = "";
  let isWide = false;
  for (let at = start; at < end; at += piece) {
    const view = viewOf(bytes, at, Math.min(end, at + piece));
    const size = view.length;
    if (!isWide) {
      memory.set(view);
      // What is not ASCII in one piece seldom is so in the next.
      isWide = units?.isAscii(size) === false;
    }
    if (units && isWide) {
      units.view.set(view);
      text += units.text(size);
    } else text += strings.latin1(size);
  }
  return text;
}

/** A unit for the low seven bits of each byte. */
export function decodeAscii(bytes: Uint8Array, start = 0, end = bytes.length): string {
  const strings = end - start > LONG ? fast() : undefined;
  if (strings?.ascii) return textOf(strings, bytes, start, end, strings.ascii);
  const low = viewOf(bytes, start, end).slice();
  for (let i = 0; i < low.length; i++) low[i] = (low[i] as number) & 0x7f;
  return decodeLatin1(low);
}

function textOf(
  { piece }: StringModule,
  bytes: Uint8Array,
  start: number,
  end: number,
  make: (length: number) => string,
): string {
  let text = "";
  for (let at = start; at < end; at += piece) {
    const next = Math.min(end, at + piece);
    memory.set(viewOf(bytes, at, next));
    text += make(next - at);
  }
  return text;
}

export function decodeUtf8(bytes: Uint8Array, start = 0, end = bytes.length): string {
  const strings = end - start > LONG ? fast() : undefined;
  if (!strings) return decodeUtf8Loop(bytes, start, end);
  let text = "";
  for (let at = start; at < end; ) {
    const next = end - at <= strings.piece ? end : beforeSequence(bytes, at + strings.piece);
    memory.set(viewOf(bytes, at, next));
    text += strings.utf8(next - at);
    at = next;
  }
  return text;
}

/** Little-endian units; a last odd byte is dropped. */
export function decodeUtf16(bytes: Uint8Array, start = 0, end = bytes.length): string {
  const count = (end - start) >> 1;
  const strings = count > LONG ? fast() : undefined;
  if (strings) {
    let text = "";
    for (let done = 0; done < count; done += strings.piece) {
      const size = Math.min(strings.piece, count - done);
      memory.set(viewOf(bytes, start + 2 * done, start + 2 * (done + size)));
      text += strings.utf16(size);
    }
    return text;
  }
  const units = new Uint16Array(count);
  for (let i = 0, at = start; i < count; i++, at += 2) {
    units[i] = (bytes[at] as number) | ((bytes[at + 1] as number) << 8);
  }
  return fromUnits(units, 0, count);
}

/** The text that `units` are. */
export function fromUnits(units: ArrayLike<number>, start = 0, end = units.length): string {
  const list = units as unknown as Uint16Array;
  if (end - start <= ARGUMENTS) {
    const whole = start === 0 && end === units.length;
    return String.fromCharCode.apply(null, (whole ? list : list.subarray(start, end)) as never);
  }
  let text = "";
  for (let at = start; at < end; at += ARGUMENTS) {
    const piece = list.subarray(at, Math.min(end, at + ARGUMENTS));
    text += String.fromCharCode.apply(null, piece as never);
  }
  return text;
}

/** Writes the low byte of each unit while there is room up to `end`; returns the bytes written. */
export function encodeLatin1(text: string, target: Uint8Array, start: number, end: number): number {
  const count = Math.min(text.length, end - start);
  const strings = count > LONG ? fast() : undefined;
  if (!strings) {
    for (let i = 0; i < count; i++) target[start + i] = text.charCodeAt(i);
    return count;
  }
  const { units, piece } = strings;
  for (let done = 0; done < count; done += piece) {
    const part = text.slice(done, Math.min(count, done + piece));
    const size = part.length;
    if (units) {
      units.take(part);
      target.set(size === piece ? units.view : units.view.subarray(0, size), start + done);
    } else if (strings.toLatin1) {
      target.set(memory.subarray(0, strings.toLatin1(part)), start + done);
    }
  }
  return count;
}

/** Two hexadecimal digits for each byte, or nothing where others have to make them. */
export function readHex(bytes: Uint8Array): string | undefined {
  const strings = bytes.length > LONG ? fast() : undefined;
  return strings?.hex && textOf(strings, bytes, 0, bytes.length, strings.hex);
}

/**
 * Writes the bytes of `count` pairs of hexadecimal digits, up to the first that is none; returns the
 * bytes written, or nothing where a loop has to do it.
 */
export function writeHex(
  text: string,
  target: Uint8Array,
  start: number,
  count: number,
): number | undefined {
  const strings = 2 * count > LONG ? fast() : undefined;
  if (!strings?.fromHex) return undefined;
  for (let done = 0; done < count; ) {
    const next = Math.min(count, done + strings.piece / 2);
    const size = strings.fromHex(text.slice(2 * done, 2 * next));
    target.set(memory.subarray(0, size), start + done);
    if (size < next - done) return done + size;
    done = next;
  }
  return count;
}

/** Writes whole units while there is room; returns the bytes written. */
export function encodeUtf16(text: string, target: Uint8Array, start: number, end: number): number {
  const count = Math.min(text.length, (end - start) >> 1);
  const strings = count > LONG ? fast() : undefined;
  if (strings) {
    for (let done = 0; done < count; done += strings.piece) {
      const size = strings.toUtf16(text.slice(done, Math.min(count, done + strings.piece)));
      target.set(memory.subarray(0, 2 * size), start + 2 * done);
    }
    return 2 * count;
  }
  for (let i = 0, at = start; i < count; i++) {
    const unit = text.charCodeAt(i);
    target[at++] = unit;
    target[at++] = unit >> 8;
  }
  return 2 * count;
}

/** Bytes of `text` in UTF-8. */
export function utf8Length(text: string): number {
  const strings = text.length > LONG ? fast() : undefined;
  if (!strings) return utf8LengthLoop(text);
  let length = 0;
  for (let at = 0; at < text.length; ) {
    const next = beforePair(text, at + strings.piece);
    length += strings.utf8Length(text.slice(at, next));
    at = next;
  }
  return length;
}

/** What was read of a text, in units, and written, in bytes. */
export interface Progress {
  read: number;
  written: number;
}

/** Writes whole characters while there is room up to `end`; returns the bytes written. */
export function encodeUtf8(
  text: string,
  target: Uint8Array,
  start: number,
  end: number,
  progress?: Progress,
): number {
  let at = start;
  let read = 0;
  const strings = text.length > LONG && end - start > LONG ? fast() : undefined;
  // Who asked for the length before has just as much room.
  const toUtf8 =
    (text.length === end - start ? strings?.asciiToUtf8 : undefined) ?? strings?.toUtf8;
  // Past this loop there is either no text left or not quite room for it.
  while (strings && toUtf8 && read < text.length) {
    const next = beforePair(text, read + strings.piece);
    const size = toUtf8(read === 0 && next >= text.length ? text : text.slice(read, next));
    if (size > end - at) break;
    target.set(size === memory.length ? memory : memory.subarray(0, size), at);
    at += size;
    read = next;
  }
  while (read < text.length) {
    const unit = text.charCodeAt(read);
    let code = unit;
    if (unit < 0x80) {
      if (at >= end) break;
      target[at++] = unit;
      read++;
      continue;
    }
    if (unit >= 0xd800 && unit <= 0xdfff) code = codePointAt(text, read, unit);
    const size = code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    if (at + size > end) break;
    writeSequence(target, at, code, size);
    at += size;
    read += size === 4 ? 2 : 1;
  }
  if (progress) {
    progress.read = Math.min(read, text.length);
    progress.written = at - start;
  }
  return at - start;
}

function writeSequence(target: Uint8Array, start: number, code: number, size: number): void {
  let at = start;
  if (size === 2) {
    target[at++] = 0xc0 | (code >> 6);
  } else {
    if (size === 3) {
      target[at++] = 0xe0 | (code >> 12);
    } else {
      target[at++] = 0xf0 | (code >> 18);
      target[at++] = 0x80 | ((code >> 12) & 0x3f);
    }
    target[at++] = 0x80 | ((code >> 6) & 0x3f);
  }
  target[at] = 0x80 | (code & 0x3f);
}

/** The code point of the surrogate `unit` at `index`; U+FFFD where it is alone. */
function codePointAt(text: string, index: number, unit: number): number {
  const low = unit < 0xdc00 ? text.charCodeAt(index + 1) : 0;
  if (low < 0xdc00 || low > 0xdfff || Number.isNaN(low)) return REPLACEMENT;
  return 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
}

function utf8LengthLoop(text: string): number {
  let length = text.length;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0x80) continue;
    if (unit < 0x800) length += 1;
    else if (unit < 0xd800 || unit > 0xdbff) length += 2;
    else {
      length += 2;
      const low = text.charCodeAt(i + 1);
      if (low >= 0xdc00 && low <= 0xdfff) i++;
    }
  }
  return length;
}

/** An index of at most `index` that does not part a pair of surrogates. */
function beforePair(text: string, index: number): number {
  if (index >= text.length) return text.length;
  const unit = text.charCodeAt(index - 1);
  return unit >= 0xd800 && unit <= 0xdbff ? index - 1 : index;
}

/** An index of at most `index` at which no sequence is parted. */
function beforeSequence(bytes: Uint8Array, index: number): number {
  if (((bytes[index] as number) & 0xc0) !== 0x80) return index;
  for (let back = 1; back <= 3; back++) {
    const byte = bytes[index - back] as number;
    if (byte >= 0xc0) return index - back;
    if (byte < 0x80) return index;
  }
  return index;
}

function decodeUtf8Loop(bytes: Uint8Array, start: number, end: number): string {
  let ascii = start;
  while (ascii < end && (bytes[ascii] as number) < 0x80) ascii++;
  if (ascii === end) return fromUnits(viewOf(bytes, start, end));
  const units: number[] = [];
  let text = fromUnits(viewOf(bytes, start, ascii));
  for (let at = ascii; at < end; ) {
    const lead = bytes[at] as number;
    if (lead < 0x80) {
      units.push(lead);
      at++;
    } else at = pushSequence(bytes, at, end, units);
    if (units.length >= ARGUMENTS - 1) {
      text += String.fromCharCode.apply(null, units);
      units.length = 0;
    }
  }
  return text + String.fromCharCode.apply(null, units);
}

/** The units of the sequence at `start`, U+FFFD for what is valid of it; the index behind it. */
function pushSequence(bytes: Uint8Array, start: number, end: number, units: number[]): number {
  const lead = bytes[start] as number;
  let at = start + 1;
  const need = lead < 0xc2 || lead > 0xf4 ? 0 : lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : 3;
  let code = need === 0 ? REPLACEMENT : lead & (0x3f >> need);
  let low = lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80;
  let high = lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf;
  for (let i = 0; i < need; i++) {
    const byte = at < end ? (bytes[at] as number) : 0;
    if (byte < low || byte > high) {
      code = REPLACEMENT;
      break;
    }
    code = (code << 6) | (byte & 0x3f);
    low = 0x80;
    high = 0xbf;
    at++;
  }
  if (code < 0x10000) units.push(code);
  else units.push(0xd7c0 + (code >> 10), 0xdc00 + (code & 0x3ff));
  return at;
}

/** No byte of `bytes` is above 0x7f. */
export function isAscii(bytes: Uint8Array): boolean {
  for (let i = 0; i < bytes.length; i++) if ((bytes[i] as number) > 0x7f) return false;
  return true;
}

/** `bytes` are valid UTF-8. */
export function isUtf8(bytes: Uint8Array): boolean {
  const units: number[] = [];
  for (let at = 0; at < bytes.length; ) {
    if ((bytes[at] as number) < 0x80) {
      at++;
      continue;
    }
    units.length = 0;
    const next = pushSequence(bytes, at, bytes.length, units);
    const isReplacementItself =
      bytes[at] === 0xef && bytes[at + 1] === 0xbf && bytes[at + 2] === 0xbd;
    if (units[0] === REPLACEMENT && !isReplacementItself) return false;
    at = next;
  }
  return true;
}
