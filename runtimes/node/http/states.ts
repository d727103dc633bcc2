/** Where in a message the parser is, in the order of its parts; and bytes that mean something there. */

export const S = {
  Start: 0,
  Method: 1,
  MethodSpace: 2,
  UrlSpaces: 3,
  Url: 4,
  UrlLf: 5,
  Protocol: 6,
  Major: 7,
  Dot: 8,
  Minor: 9,
  RequestEnd: 10,
  RequestLf: 11,
  VersionSpace: 12,
  StatusCode: 13,
  StatusCodeEnd: 14,
  Status: 15,
  StatusLf: 16,
  Preface: 17,
  HeadersStart: 18,
  FieldStart: 19,
  Field: 20,
  FieldSpaces: 21,
  ValueSpaces: 22,
  EmptyValueLf: 23,
  EmptyValueEnd: 24,
  Value: 25,
  LengthSpaces: 26,
  ValueLf: 27,
  ValueEnd: 28,
  HeadersLf: 29,
  ValueStart: 30,
  BodyLength: 31,
  BodyEof: 32,
  ChunkSizeStart: 33,
  ChunkSize: 34,
  ChunkSizeLf: 35,
  ChunkExtensions: 36,
  ChunkExtensionName: 37,
  ChunkExtensionValue: 38,
  ChunkQuoted: 39,
  ChunkQuotedPair: 40,
  ChunkQuotedEnd: 41,
  ChunkData: 42,
  ChunkDataCr: 43,
  ChunkDataLf: 44,
  Restart: 45,
  Closed: 46,
  ChunkSizeSpaces: 47,
} as const;

/** First states of the headers, and of the body. */
export const FIRST_OF_HEADERS = S.HeadersStart;
export const FIRST_OF_BODY = S.BodyLength;

export const LF = 10;
export const CR = 13;
export const SPACE = 32;
export const TAB = 9;
export const FORM_FEED = 12;
export const QUOTE = 34;
export const COMMA = 44;
export const DOT = 46;
export const COLON = 58;
export const SEMICOLON = 59;
export const EQUALS = 61;
export const BACKSLASH = 92;
