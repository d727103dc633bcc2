/**
 * Preview addresses of a server: what a guest serves on a port, for browsers. Each machine and port is an
 * origin of its own, apart from the API's; requests are matched by the host that they name, so that no other
 * name that leads here (DNS rebinding) opens anything. Where host names cannot be had there is a path
 * instead, whose pages get an origin of nobody's.
 */
import { guestFetch } from "../../../guest-fetch.ts";
import { RemoteMachine } from "../../../remote-machine.ts";
import { RemoteError } from "../../errors.ts";
import { sameText, tokenOf } from "../access.ts";
import type { HeldMachine, MachineHost } from "../host.ts";
import { keysIn, type Origin, PREVIEW_KEY, SECURE_COOKIE, toBrowser, toGuest } from "./headers.ts";
import { PreviewKeys } from "./keys.ts";
import { labelOf, machineOf, type PreviewName, parseLabel } from "./names.ts";

export interface PreviewOptions {
  readonly machines: MachineHost;
  /** The server's token: whoever has it may open all previews. */
  readonly token: string | undefined;
  /** `https://previews.example.com`: previews are at names below it. Default: localhost, and our port. */
  readonly base?: URL | undefined;
}

export interface PreviewLink {
  /** Opens the preview; a public one needs nothing more. */
  readonly url: string;
  /** The path form, on the server's own origin; always with its key. */
  readonly path: string;
  /** Milliseconds since 1970; undefined for a public preview. */
  readonly expires: number | undefined;
}

/** A preview that may be opened by this request. */
export interface OpenPreview extends Origin {
  readonly machine: string;
  /** Of the request, as the guest is to see it. */
  readonly target: string;
  /** What was sent as Authorization was for us. */
  readonly hidesAuthorization: boolean;
  /** A cookie opened it, which browsers send along for whoever asks them. */
  readonly byCookie: boolean;
}

const PATH = "/preview/";
const PATH_FORM = /^\/preview\/([a-z0-9-]+)\/([A-Za-z0-9._-]+)(\/.*)?$/;

export class Previews {
  readonly #machines: MachineHost;
  readonly #token: string | undefined;
  readonly #base: URL | undefined;
  readonly #keys: PreviewKeys;
  readonly #public = new Set<string>();

  constructor({ machines, token, base }: PreviewOptions) {
    this.#machines = machines;
    this.#token = token;
    this.#base = base;
    this.#keys = new PreviewKeys(token ?? crypto.randomUUID());
  }

  /** `asked`: the address by which the server was reached. */
  async link(
    machine: string,
    port: number,
    { isPublic, seconds }: { readonly isPublic: boolean; readonly seconds: number },
    asked: URL,
  ): Promise<PreviewLink> {
    const label = await labelOf(machine, port);
    const until = Math.floor(Date.now() / 1000) + seconds;
    const key = await this.#keys.sign(label, until);
    const url = new URL(this.#originOf(label, asked));
    if (isPublic) this.#public.add(label);
    else url.searchParams.set(PREVIEW_KEY, key);
    const path = `${PATH}${label}/${key}/`;
    return { url: url.href, path, expires: isPublic ? undefined : until * 1000 };
  }

  /** A public preview is so no more. */
  async close(machine: string, port: number): Promise<void> {
    this.#public.delete(await labelOf(machine, port));
  }

  /** True for requests that are for previews, and for nothing else of the server. */
  matches(url: URL): boolean {
    return this.#labelIn(url) !== undefined || url.pathname.startsWith(PATH);
  }

  /** The answer to a request that matches. */
  async fetch(request: Request): Promise<Response> {
    const opened = await this.open(request);
    if (opened instanceof Response) return opened;
    if (opened.isShared && request.method === "OPTIONS") return openPreflight();
    if (opened.byCookie && isForeign(request, opened)) {
      return plain(403, "pages of other origins may not use this preview");
    }
    let held: HeldMachine | undefined;
    try {
      held = await this.hold(opened);
      const { thread, id } = held;
      const response = await guestFetch(
        RemoteMachine.attach(thread, id),
        opened.port,
        new URL(`http://localhost:${opened.port}${opened.target}`),
        {
          method: request.method,
          headers: toGuest([...request.headers], opened, opened.hidesAuthorization) as never,
          body: request.body,
          signal: request.signal,
        },
      );
      const headers = toBrowser([...response.headers], opened) as [string, string][];
      const { status, statusText } = response;
      const body = untilRead(response.body, held.release);
      return new Response(body, { status, statusText, headers });
    } catch (reason) {
      held?.release();
      return failure(reason, opened);
    }
  }

  /** Who may open what: an answer where nobody may, or where the key moves from the link to a cookie. */
  async open(request: Request): Promise<OpenPreview | Response> {
    const url = new URL(request.url);
    const label = this.#labelIn(url);
    return label === undefined ? this.#openPath(url) : this.#openHost(request, url, label);
  }

  async hold({ machine }: OpenPreview): Promise<HeldMachine> {
    return this.#machines.attach(machine);
  }

  async #openHost(request: Request, url: URL, label: string): Promise<OpenPreview | Response> {
    const name = parseLabel(label);
    if (!name) return notHere();
    const origin = new URL(this.#originOf(label, url));
    const linked = url.searchParams.get(PREVIEW_KEY);
    if (linked !== null) {
      const left = await this.#keys.verify(label, linked);
      return left === undefined ? closed() : this.#moved(url, origin, linked, left);
    }
    const given = await this.#givenBy(request, label);
    if (!given) return closed();
    return this.#opened(name, {
      origin,
      isShared: false,
      target: url.pathname + url.search,
      hidesAuthorization: given === "bearer",
      byCookie: given === "cookie",
    });
  }

  async #openPath(url: URL): Promise<OpenPreview | Response> {
    const [, label = "", key = "", rest] = PATH_FORM.exec(url.pathname) ?? [];
    const name = parseLabel(label);
    if (!name || (await this.#keys.verify(label, key)) === undefined) return closed();
    const origin = new URL(`${PATH}${label}/${key}`, url);
    if (rest === undefined) return Response.redirect(`${origin.href}/${url.search}`, 308);
    return this.#opened(name, {
      origin,
      isShared: true,
      target: rest + url.search,
      hidesAuthorization: true,
      byCookie: false,
    });
  }

  async #opened(
    name: PreviewName,
    how: Omit<OpenPreview, "machine" | "port">,
  ): Promise<OpenPreview | Response> {
    const machine = await machineOf(name, () => this.#machines.list());
    return machine === undefined ? notHere() : { ...how, machine, port: name.port };
  }

  async #givenBy(request: Request, label: string) {
    if (this.#public.has(label)) return "public";
    for (const key of keysIn(request.headers.get("cookie")).slice(0, 4)) {
      if ((await this.#keys.verify(label, key)) !== undefined) return "cookie";
    }
    const bearer = request.headers.has("authorization") ? tokenOf(request) : undefined;
    if (bearer === undefined || this.#token === undefined) return undefined;
    return (await sameText(bearer, this.#token)) ? "bearer" : undefined;
  }

  /** The key leaves the address, which pages see and pass on. */
  #moved(url: URL, origin: URL, key: string, seconds: number): Response {
    const isSecure = origin.protocol === "https:";
    const name = isSecure ? SECURE_COOKIE : PREVIEW_KEY;
    const attributes = `Max-Age=${seconds}; Path=/; HttpOnly; SameSite=Lax`;
    const clean = new URL(url);
    clean.searchParams.delete(PREVIEW_KEY);
    return new Response(null, {
      status: 303,
      headers: {
        // Two slashes would lead to another server.
        location: clean.pathname.replace(/^\/{2,}/, "/") + clean.search,
        "set-cookie": `${name}=${key}; ${attributes}${isSecure ? "; Secure" : ""}`,
        "cache-control": "no-store",
        "referrer-policy": "no-referrer",
      },
    });
  }

  /** What stands before the base of all previews. */
  #labelIn({ hostname }: URL): string | undefined {
    const base = `.${this.#base?.hostname ?? "localhost"}`;
    return hostname.endsWith(base) ? hostname.slice(0, -base.length) : undefined;
  }

  #originOf(label: string, asked: URL): string {
    const base = this.#base ?? new URL(`http://localhost${asked.port && `:${asked.port}`}`);
    return `${base.protocol}//${label}.${base.host}`;
  }
}

function untilRead(
  body: ReadableStream<Uint8Array> | null,
  release: () => void,
): ReadableStream<Uint8Array<ArrayBuffer>> | null {
  if (!body) {
    release();
    return null;
  }
  const reader = body.getReader();
  return new ReadableStream<Uint8Array<ArrayBuffer>>(
    {
      async pull(controller) {
        try {
          const { done, value } = await reader.read();
          if (!done) return controller.enqueue(value as Uint8Array<ArrayBuffer>);
          release();
          controller.close();
        } catch (reason) {
          release();
          controller.error(reason);
        }
      },
      async cancel(reason) {
        release();
        await reader.cancel(reason);
      },
    },
    { highWaterMark: 0 },
  );
}

/** Any page may ask: what it has to know stands in the path. */
function openPreflight(): Response {
  return new Response(null, {
    status: 204,
    headers: {
      "access-control-allow-origin": "*",
      "access-control-allow-methods": "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS",
      "access-control-allow-headers": "*",
      "access-control-max-age": "600",
    },
  });
}

/**
 * A page of another origin asks, with a cookie that browsers send along: other previews are of the same
 * site where the base is a name of one's own. To open the preview in a window or a frame is no use of it.
 */
function isForeign({ method, headers }: Request, { origin }: OpenPreview): boolean {
  const from = headers.get("origin");
  if (from !== null && from !== origin.origin) return true;
  const site = headers.get("sec-fetch-site");
  if (site === null || site === "same-origin" || site === "none") return false;
  const opens = headers.get("sec-fetch-mode") === "navigate";
  return !(opens && (method === "GET" || method === "HEAD"));
}

function failure(reason: unknown, { machine, port }: OpenPreview): Response {
  const { code, message } = reason as { code?: string; message?: string };
  if (reason instanceof RemoteError) return plain(reason.status, reason.message);
  if (code === "ECONNREFUSED") {
    return plain(502, `nobody listens on port ${port} of the machine ${machine}`);
  }
  return plain(502, `port ${port} of the machine ${machine} does not answer: ${message}`);
}

function closed(): Response {
  return plain(401, "this preview is private: open it by a link that vm.preview(port) gives");
}

function notHere(): Response {
  return plain(404, "there is no such machine");
}

function plain(status: number, message: string): Response {
  const headers = { "content-type": "text/plain; charset=utf-8", "cache-control": "no-store" };
  return new Response(`${message}\n`, { status, headers });
}
