/** Node's encodings of bytes as text, for hosts without its Buffer; as lenient as that is. */
import type { HostValues } from "./host-values.ts";

interface Coding {
  encode(text: string): Uint8Array;
  decode(bytes: Uint8Array): string;
}

/** Characters that one call of String.fromCharCode takes at most. */
const PIECE = 8192;

const utf8: Coding = {
  encode: (text) => new TextEncoder().encode(text),
  decode: (bytes) => new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes),
};

const latin1: Coding = {
  encode: (text) => Uint8Array.from(text.split(""), (unit) => unit.charCodeAt(0)),
  decode: (bytes) => fromUnits(bytes),
};

const ascii: Coding = {
  encode: latin1.encode,
  decode: (bytes) => fromUnits(bytes.map((byte) => byte & 0x7f)),
};

const utf16: Coding = {
  encode(text) {
    const units = Uint16Array.from(text.split(""), (unit) => unit.charCodeAt(0));
    return new Uint8Array(units.buffer);
  },
  decode(bytes) {
    const whole = new Uint8Array(bytes.subarray(0, bytes.length & ~1));
    return fromUnits(new Uint16Array(whole.buffer));
  },
};

const hex: Coding = {
  encode(text) {
    const digits = /^(?:[0-9a-f]{2})*/i.exec(text)?.[0] ?? "";
    return Uint8Array.from(digits.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
  },
  decode: (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join(""),
};

const base64: Coding = {
  encode(text) {
    const end = text.indexOf("=");
    const digits = (end < 0 ? text : text.slice(0, end))
      .replaceAll("-", "+")
      .replaceAll("_", "/")
      .replace(/[^A-Za-z0-9+/]/g, "");
    return latin1.encode(atob(digits.length % 4 === 1 ? digits.slice(0, -1) : digits));
  },
  decode: (bytes) => btoa(fromUnits(bytes)),
};

const base64url: Coding = {
  encode: base64.encode,
  decode: (bytes) =>
    base64.decode(bytes).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, ""),
};

const CODINGS: Readonly<Record<BufferEncoding, Coding>> = {
  ...{ utf8, "utf-8": utf8, latin1, binary: latin1, ascii, hex, base64, base64url },
  ...{ utf16le: utf16, "utf-16le": utf16, ucs2: utf16, "ucs-2": utf16 },
};

export const isEncoding: HostValues["isEncoding"] = (name): name is BufferEncoding =>
  Object.hasOwn(CODINGS, name.toLowerCase());

export const encode: HostValues["encode"] = (text, encoding) => coding(encoding).encode(text);

export const decode: HostValues["decode"] = (bytes, encoding) => coding(encoding).decode(bytes);

function coding(encoding: BufferEncoding): Coding {
  return CODINGS[encoding.toLowerCase() as BufferEncoding];
}

function fromUnits(units: Uint8Array | Uint16Array): string {
  let text = "";
  for (let at = 0; at < units.length; at += PIECE) {
    text += String.fromCharCode(...units.subarray(at, at + PIECE));
  }
  return text;
}
