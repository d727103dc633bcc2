/** What vm.fetch, vm.connect and vm.waitForPort take. */

import { IsopodError } from "../errors.ts";
import type { Header } from "../http/message.ts";
import { HOP_BY_HOP } from "../http/message.ts";
import type { GuestAddress } from "../machine/network/protocol.ts";
import { abortSignal, absolutePath, checkOptions, flag, integer, oneOf, text } from "./check.ts";

/** A server in the machine: a port of its loopback, or the path of a Unix socket. */
export type GuestServer = number | { readonly path: string };

export interface FetchOptions {
  method?: string;
  headers?: ConstructorParameters<typeof Headers>[0];
  body?: RequestInit["body"];
  /** Ends the request, and the body of its answer. */
  signal?: AbortSignal | null;
  /**
   * "manual": the redirect itself is the answer. "follow": up to 20 are followed that lead to the
   * machine's own ports; others are the answer. Default: manual.
   */
  redirect?: "manual" | "follow" | "error";
  /** So that a fetch's own options are taken; bodies are always streamed. */
  duplex?: "half";
}

export interface ConnectOptions {
  /** An address of the machine's loopback. Default: 127.0.0.1, or ::1 where nobody listens there. */
  host?: string;
  signal?: AbortSignal;
}

export interface WaitOptions {
  /** Milliseconds; then it rejects with ETIMEDOUT. Default: 30,000. */
  timeout?: number;
  signal?: AbortSignal;
}

export interface PreviewOptions {
  /** Whoever knows the address may open it. Default: false. */
  public?: boolean;
  /** How long the link opens it, at most a year. Default: 86,400. */
  seconds?: number;
}

/** One request, ready to be sent; redirects make others of it. */
export interface PlainRequest {
  readonly to: GuestAddress;
  readonly url: URL;
  readonly method: string;
  readonly headers: readonly Header[];
  readonly body: Uint8Array | ReadableStream<Uint8Array> | undefined;
  readonly signal: AbortSignal | undefined;
  readonly redirect: "manual" | "follow" | "error";
}

const LONGEST_MS = 2 ** 31 - 1;
const WAIT_MS = 30_000;

export function guestAddress(where: string, server: unknown, host?: string): GuestAddress {
  if (typeof server === "object" && server !== null) {
    checkOptions(where, server, ["path"]);
    const { path } = server as { path: unknown };
    return { path: absolutePath({ where, name: "path" }, path) };
  }
  const port = integer({ where, name: "port" }, server, { min: 1, max: 65_535 });
  return { port, host };
}

export function normalizeConnect(server: unknown, options: ConnectOptions) {
  const where = "connect";
  checkOptions(where, options, ["host", "signal"]);
  const { host, signal } = options;
  if (host !== undefined && !/^(127\.\d+\.\d+\.\d+|::1)$/.test(host)) {
    text({ where, name: "host" }, host);
    const message = `connect: host must be of the machine's loopback (127.0.0.0/8, ::1), but it is ${host}`;
    throw new IsopodError("ERR_INVALID_OPTION", message);
  }
  if (signal !== undefined) abortSignal({ where, name: "signal" }, signal);
  return { to: guestAddress(where, server, host), signal };
}

export function normalizeWait(options: WaitOptions) {
  const where = "waitForPort";
  checkOptions(where, options, ["timeout", "signal"]);
  const { timeout = WAIT_MS, signal } = options;
  integer({ where, name: "timeout" }, timeout, { min: 0, max: LONGEST_MS });
  if (signal !== undefined) abortSignal({ where, name: "signal" }, signal);
  return { timeout, signal };
}

export function normalizePreview(port: unknown, options: PreviewOptions): [number, PreviewOptions] {
  const where = "preview";
  checkOptions(where, options, ["public", "seconds"]);
  if (options.public !== undefined) flag({ where, name: "public" }, options.public);
  if (options.seconds !== undefined) {
    integer({ where, name: "seconds" }, options.seconds, { min: 1, max: 31_536_000 });
  }
  return [integer({ where, name: "port" }, port, { min: 1, max: 65_535 }), options];
}

/** The request that `fetch` would make of the same arguments, as far as it is about HTTP. */
export async function plainRequest(
  server: GuestServer,
  input: Request | URL | string,
  init: FetchOptions,
): Promise<PlainRequest> {
  const where = "fetch";
  const to = guestAddress(where, server);
  const asked = input instanceof Request ? input : undefined;
  const url = urlOf(to, asked ? asked.url : (input as URL | string));
  const headers = new Headers(init.headers ?? asked?.headers);
  const method = methodOf(init.method ?? asked?.method ?? "GET");
  const given = init.body ?? undefined;
  const body = given === undefined ? (asked?.body ?? undefined) : await bodyOf(given, headers);
  if (body !== undefined && (method === "GET" || method === "HEAD")) {
    throw new TypeError(`a ${method} request has no body`);
  }
  const redirect = oneOf({ where, name: "redirect" }, init.redirect ?? "manual", [
    "manual",
    "follow",
    "error",
  ]);
  const signal = init.signal === undefined ? asked?.signal : (init.signal ?? undefined);
  refuseUpgrade(headers);
  if (!headers.has("host")) headers.set("host", url.host);
  if (!headers.has("accept")) headers.set("accept", "*/*");
  return { to, url, method, headers: listed(headers), body, signal, redirect };
}

function urlOf(to: GuestAddress, input: URL | string): URL {
  const base = "path" in to ? "http://localhost" : `http://localhost:${to.port}`;
  const url = new URL(input, base);
  if (url.protocol !== "http:") {
    const remedy = "a server that speaks TLS is reached with vm.connect";
    throw new IsopodError("ERR_INVALID_OPTION", `fetch: ${url.protocol} is not http:; ${remedy}`);
  }
  return url;
}

function methodOf(method: string): string {
  const upper = method.toUpperCase();
  const isKnown = ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"].includes(upper);
  if (upper !== "CONNECT") return isKnown ? upper : method;
  throw upgradeError("CONNECT");
}

async function bodyOf(given: NonNullable<FetchOptions["body"]>, headers: Headers) {
  if (given instanceof ReadableStream) return given as ReadableStream<Uint8Array>;
  const isIterable = typeof given === "object" && Symbol.asyncIterator in given;
  const wrapped = new Response(given as never);
  const type = wrapped.headers.get("content-type");
  if (type !== null && !headers.has("content-type")) headers.set("content-type", type);
  return isIterable && wrapped.body ? wrapped.body : new Uint8Array(await wrapped.arrayBuffer());
}

function refuseUpgrade(headers: Headers): void {
  const upgrade = headers.get("upgrade");
  if (upgrade !== null) throw upgradeError(`an upgrade to ${upgrade}`);
}

function upgradeError(what: string): IsopodError {
  const message = `fetch: ${what} needs the connection itself: use vm.connect(port)`;
  return new IsopodError("ERR_UPGRADE_NOT_SUPPORTED", message);
}

/** What frames the body follows from the body. */
function listed(headers: Headers): Header[] {
  return [...headers].filter(([name]) => !HOP_BY_HOP.has(name) || name === "te");
}
