/** Hosts. https://url.spec.whatwg.org/#host-parsing */
import { EncodeSet, percentEncode } from "./percent.ts";

/** Turns a domain into its ASCII form; undefined where it is none (UTS #46). */
export type DomainToAscii = (domain: string) => string | undefined;

const FORBIDDEN_HOST = /[\0\t\n\r #/:<>?@[\\\]^|]/;
const FORBIDDEN_DOMAIN = /[\0-\x20"#%/:<>?@[\\\]^`{|}\x7f]/;

/** The host as it is written; undefined for none that is valid. */
export function parseHost(
  input: string,
  isOpaque: boolean,
  toAscii: DomainToAscii,
): string | undefined {
  if (input[0] === "[") {
    if (input.at(-1) !== "]") return undefined;
    const pieces = parseIpv6(input.slice(1, -1));
    return pieces && `[${serializeIpv6(pieces)}]`;
  }
  if (isOpaque) {
    if (FORBIDDEN_HOST.test(input)) return undefined;
    return percentEncode(input, EncodeSet.c0Control);
  }
  const domain = decode(input);
  if (domain === undefined) return undefined;
  const ascii = isPlain(domain) ? domain.toLowerCase() : toAscii(domain);
  if (!ascii || FORBIDDEN_DOMAIN.test(ascii)) return undefined;
  if (!endsInNumber(ascii)) return ascii;
  const address = parseIpv4(ascii);
  return address === undefined ? undefined : serializeIpv4(address);
}

/** Nothing in it that UTS #46 would map or check. */
function isPlain(domain: string): boolean {
  return /^[\0-\x7f]+$/.test(domain) && !/xn--/i.test(domain);
}

/** A percent sign that encodes nothing, or no UTF-8, makes what no domain has. */
function decode(input: string): string | undefined {
  if (!input.includes("%")) return input;
  try {
    return decodeURIComponent(input);
  } catch {
    return undefined;
  }
}

function endsInNumber(input: string): boolean {
  const parts = input.split(".");
  if (parts.at(-1) === "") {
    if (parts.length === 1) return false;
    parts.pop();
  }
  const last = parts.at(-1) as string;
  return /^[0-9]+$/.test(last) || /^0[xX][0-9a-fA-F]*$/.test(last);
}

function parseIpv4(input: string): number | undefined {
  const parts = input.split(".");
  if (parts.at(-1) === "" && parts.length > 1) parts.pop();
  if (parts.length > 4) return undefined;
  const numbers: number[] = [];
  for (const part of parts) {
    const number = parseIpv4Number(part);
    if (number === undefined) return undefined;
    numbers.push(number);
  }
  const last = numbers.pop() as number;
  if (numbers.some((number) => number > 255) || last >= 256 ** (4 - numbers.length)) {
    return undefined;
  }
  return numbers.reduce((sum, number, i) => sum + number * 256 ** (3 - i), last);
}

function parseIpv4Number(part: string): number | undefined {
  if (part === "") return undefined;
  if (/^0[xX]/.test(part)) {
    const digits = part.slice(2);
    if (digits === "") return 0;
    return /^[0-9a-fA-F]+$/.test(digits) ? Number.parseInt(digits, 16) : undefined;
  }
  if (part.length > 1 && part[0] === "0") {
    return /^[0-7]+$/.test(part) ? Number.parseInt(part, 8) : undefined;
  }
  return /^[0-9]+$/.test(part) ? Number.parseInt(part, 10) : undefined;
}

function serializeIpv4(address: number): string {
  return [24, 16, 8, 0].map((shift) => (address >>> shift) & 255).join(".");
}

function parseIpv6(input: string): number[] | undefined {
  const halves = input.split("::");
  if (halves.length > 2) return undefined;
  const [before = "", after] = halves;
  const head = parsePieces(before, after === undefined);
  const tail = after === undefined ? [] : parsePieces(after, true);
  if (!head || !tail) return undefined;
  const missing = 8 - head.length - tail.length;
  if (after === undefined ? missing !== 0 : missing < 1) return undefined;
  return [...head, ...Array<number>(missing).fill(0), ...tail];
}

/** Pieces between single colons; the last ones may be written as an IPv4 address. */
function parsePieces(text: string, isLast: boolean): number[] | undefined {
  if (text === "") return isLast ? [] : [];
  const parts = text.split(":");
  const pieces: number[] = [];
  for (const [i, part] of parts.entries()) {
    if (part.includes(".")) {
      const address = isLast && i === parts.length - 1 ? parseEmbeddedIpv4(part) : undefined;
      if (!address) return undefined;
      pieces.push(...address);
    } else {
      if (!/^[0-9a-fA-F]{1,4}$/.test(part)) return undefined;
      pieces.push(Number.parseInt(part, 16));
    }
  }
  return pieces.length > 8 ? undefined : pieces;
}

function parseEmbeddedIpv4(text: string): [number, number] | undefined {
  const parts = text.split(".");
  if (parts.length !== 4) return undefined;
  const bytes = parts.map((part) => (/^(0|[1-9][0-9]{0,2})$/.test(part) ? Number(part) : 256));
  if (bytes.some((byte) => byte > 255)) return undefined;
  const [a, b, c, d] = bytes as [number, number, number, number];
  return [a * 256 + b, c * 256 + d];
}

function serializeIpv6(pieces: readonly number[]): string {
  const { start, length } = longestZeros(pieces);
  const text = (from: number, to: number): string =>
    pieces
      .slice(from, to)
      .map((piece) => piece.toString(16))
      .join(":");
  if (length < 2) return text(0, 8);
  return `${text(0, start)}::${text(start + length, 8)}`;
}

/** The first of the longest runs of zeros. */
function longestZeros(pieces: readonly number[]): { start: number; length: number } {
  let best = { start: -1, length: 0 };
  for (let start = 0; start < pieces.length; start++) {
    let length = 0;
    while (pieces[start + length] === 0) length++;
    if (length > best.length) best = { start, length };
    start += length;
  }
  return best;
}
