/** Numbers and tables of HTTP/1 parsing, with llhttp's names. */

export const REQUEST = 1;
export const RESPONSE = 2;

/** By llhttp's number; from PRI on to FLUSH they are not HTTP's. */
export const ALL_METHODS = [
  ..."DELETE GET HEAD POST PUT CONNECT OPTIONS TRACE COPY LOCK MKCOL MOVE PROPFIND".split(" "),
  ..."PROPPATCH SEARCH UNLOCK BIND REBIND UNBIND ACL REPORT MKACTIVITY CHECKOUT MERGE".split(" "),
  ..."M-SEARCH NOTIFY SUBSCRIBE UNSUBSCRIBE PATCH PURGE MKCALENDAR LINK UNLINK SOURCE".split(" "),
  ..."PRI DESCRIBE ANNOUNCE SETUP PLAY PAUSE TEARDOWN GET_PARAMETER SET_PARAMETER".split(" "),
  ..."REDIRECT RECORD FLUSH QUERY".split(" "),
];
export const HTTP_METHODS = ALL_METHODS.filter((_, i) => i < 34 || i === 46);
export const METHOD_OPTIONS = 6;
export const METHOD_GET = 1;
export const METHOD_POST = 3;
export const METHOD_CONNECT = 5;
export const METHOD_SOURCE = 33;
export const METHOD_PRI = 34;
export const METHOD_FLUSH = 45;

export const Lenient = {
  Headers: 1,
  ChunkedLength: 2,
  KeepAlive: 4,
  TransferEncoding: 8,
  Version: 16,
  DataAfterClose: 32,
  OptionalLFAfterCR: 64,
  OptionalCRLFAfterChunk: 128,
  OptionalCRBeforeLF: 256,
  SpacesAfterChunkSize: 512,
} as const;

/** What a byte may be part of; indexed by byte. */
export const TOKEN = charTable("!#$%&'*+-.^_`|~", true);
export const URL_CHAR = charTable("!\"$%&'()*+,-./:;<=>@[\\]^_`{|}~", true);
export const USERINFO = charTable("-_.!~*'()%;:&=+$,", true);
export const HEADER_CHAR = rangeTable((c) => c === 9 || (c >= 32 && c !== 127));
export const QUOTED = rangeTable(
  (c) =>
    c === 9 || c === 32 || c === 33 || (c >= 35 && c <= 91) || (c >= 93 && c <= 126) || c > 127,
);

export function isAlpha(c: number): boolean {
  return (c >= 65 && c <= 90) || (c >= 97 && c <= 122);
}

export function isDigit(c: number): boolean {
  return c >= 48 && c <= 57;
}

/** Value of a hexadecimal digit, or -1. */
export function hexValue(c: number): number {
  if (isDigit(c)) return c - 48;
  const lower = c | 0x20;
  return lower >= 97 && lower <= 102 ? lower - 87 : -1;
}

function charTable(others: string, alphanumeric: boolean): Uint8Array {
  return rangeTable(
    (c) => others.includes(String.fromCharCode(c)) || (alphanumeric && (isAlpha(c) || isDigit(c))),
  );
}

function rangeTable(has: (c: number) => boolean): Uint8Array {
  return Uint8Array.from({ length: 256 }, (_, c) => (has(c) ? 1 : 0));
}
