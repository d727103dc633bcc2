/**
 * What a message must keep to beyond what llhttp refuses, which is what makes two readers of the same
 * bytes see the same messages (RFC 9112, 11.2), and what may be written at all.
 */
import {
  type Header,
  HttpError,
  headersOf,
  type RequestHead,
  type ResponseHead,
} from "./message.ts";

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const VALUE = /^[^\u0000-\u0008\u000a-\u001f\u007f\u0100-\uffff]*$/;
const TARGET = /^[\x21-\x7e]+$/;
const HOST = /^(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._~%!$&'()*+,;=-]*)(?::\d{0,5})?$/;
const AUTHORITY = /^(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._~-]+):\d{1,5}$/;

export function checkRequest(head: RequestHead, minor: number): void {
  checkCodings(head.headers, minor);
  checkLength(head.headers);
  checkTarget(head);
  const hosts = headersOf(head.headers, "host");
  if (hosts.length > 1) throw new HttpError("ERR_HTTP_HOST", "more than one Host header");
  if (hosts.length === 0 && minor > 0) throw new HttpError("ERR_HTTP_HOST", "no Host header");
  if (hosts.some((host) => !HOST.test(host))) {
    throw new HttpError("ERR_HTTP_HOST", "the Host header is no name");
  }
}

export function checkResponse(head: ResponseHead, minor: number): void {
  checkCodings(head.headers, minor);
  checkLength(head.headers);
  if (head.status < 100) throw new HttpError("ERR_HTTP_STATUS", "there is no such status");
}

/** Throws where a head would be more, or something else, than it says. */
export function checkWritten(firstLine: readonly string[], headers: readonly Header[]): void {
  const [method, target] = firstLine;
  if (target !== undefined) {
    if (!TOKEN.test(method as string)) throw badHead(`the method ${JSON.stringify(method)}`);
    if (!TARGET.test(target)) throw badHead(`the target ${JSON.stringify(target)}`);
  } else if (!VALUE.test(method as string)) throw badHead("the reason phrase");
  for (const [name, value] of headers) {
    if (!TOKEN.test(name)) throw badHead(`the header name ${JSON.stringify(name)}`);
    // The value may be a secret.
    if (!VALUE.test(value)) throw badHead(`the value of the header ${name}`);
  }
}

function checkTarget({ method, target }: RequestHead): void {
  const right =
    method === "CONNECT"
      ? AUTHORITY.test(target)
      : target.startsWith("/") || /^https?:\/\/[^/?#]/i.test(target) || isAsterisk(method, target);
  if (!right || !TARGET.test(target) || target.includes("#")) {
    throw new HttpError("ERR_HTTP_TARGET", "the target of the request is none");
  }
}

function isAsterisk(method: string, target: string): boolean {
  return method === "OPTIONS" && target === "*";
}

/** `chunked`, alone and once: no other coding can be passed on as it came. */
function checkCodings(headers: readonly Header[], minor: number): void {
  const codings = headersOf(headers, "transfer-encoding");
  if (codings.length === 0) return;
  if (minor === 0) {
    throw new HttpError("ERR_HTTP_CODING", "HTTP/1.0 has no Transfer-Encoding");
  }
  if (codings.length > 1 || (codings[0] as string).trim().toLowerCase() !== "chunked") {
    throw new HttpError("ERR_HTTP_CODING", "the only Transfer-Encoding is chunked", 501);
  }
}

/** Written anew it would be another number. */
function checkLength(headers: readonly Header[]): void {
  const [length] = headersOf(headers, "content-length");
  if (length === undefined || Number.isSafeInteger(Number(length))) return;
  throw new HttpError("ERR_HTTP_LENGTH", "the length of the body cannot be passed on", 413);
}

function badHead(what: string): HttpError {
  return new HttpError("ERR_HTTP_INVALID_HEAD", `${what} cannot be sent`);
}
