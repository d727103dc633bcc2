/** The target of a request line, byte by byte: what may follow what (llhttp's url). */
import { isAlpha, URL_CHAR, USERINFO } from "./constants.ts";

export const UrlState = {
  Start: 0,
  StartConnect: 1,
  Schema: 2,
  SchemaColon: 3,
  SchemaSlash: 4,
  ServerStart: 5,
  Server: 6,
  ServerWithAt: 7,
  Path: 8,
  Query: 9,
  Fragment: 10,
} as const;

/** Where the target may end. */
export function mayEnd(state: number): boolean {
  return state >= UrlState.ServerStart;
}

/** The state behind `c`, or why there is none. */
export function nextUrlState(state: number, c: number): number | string {
  switch (state) {
    case UrlState.Start:
      if (c === SLASH || c === STAR) return UrlState.Path;
      return isAlpha(c) ? UrlState.Schema : "Unexpected start char in url";
    case UrlState.Schema:
      if (c === COLON) return UrlState.SchemaColon;
      return isAlpha(c) ? state : "Unexpected char in url schema";
    case UrlState.SchemaColon:
      return c === SLASH ? UrlState.SchemaSlash : "Unexpected char in url schema";
    case UrlState.SchemaSlash:
      return c === SLASH ? UrlState.ServerStart : "Unexpected char in url schema";
    case UrlState.Path:
      if (c === QUESTION) return UrlState.Query;
      if (c === HASH) return UrlState.Fragment;
      return URL_CHAR[c] === 1 ? state : "Invalid char in url path";
    case UrlState.Query:
      if (c === HASH) return UrlState.Fragment;
      return URL_CHAR[c] === 1 || c === QUESTION ? state : "Invalid char in url query";
    case UrlState.Fragment:
      if (URL_CHAR[c] === 1 || c === QUESTION || c === HASH) return state;
      return "Invalid char in url fragment start";
    default:
      return nextServerState(state, c);
  }
}

function nextServerState(state: number, c: number): number | string {
  if (c === SLASH) return UrlState.Path;
  if (c === QUESTION) return UrlState.Query;
  if (c === AT) return state === UrlState.ServerWithAt ? "Double @ in url" : UrlState.ServerWithAt;
  if (USERINFO[c] === 1 || c === OPEN_BRACKET || c === CLOSE_BRACKET) return UrlState.Server;
  return "Unexpected char in url server";
}

const HASH = 35;
const STAR = 42;
const SLASH = 47;
const COLON = 58;
const QUESTION = 63;
const AT = 64;
const OPEN_BRACKET = 91;
const CLOSE_BRACKET = 93;
