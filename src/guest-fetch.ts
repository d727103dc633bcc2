/** `vm.fetch`: a request to an HTTP server in the machine. */
import { IsopodError } from "./errors.ts";
import { sourceFrom } from "./http/web-streams.ts";
import { type FetchAnswer, type GuestAddress, newToken } from "./machine/network/protocol.ts";
import {
  type FetchOptions,
  type GuestServer,
  type PlainRequest,
  plainRequest,
} from "./options/network-options.ts";
import type { RemoteMachine } from "./remote-machine.ts";

const REDIRECTS_MAX = 20;
const REDIRECTS = new Set([301, 302, 303, 307, 308]);
/** What Response refuses a body for. */
const NULL_BODY = new Set([204, 205, 304]);

export async function guestFetch(
  machine: RemoteMachine,
  server: GuestServer,
  input: Request | URL | string,
  init: FetchOptions,
): Promise<Response> {
  let request = await plainRequest(server, input, init);
  for (let count = 0; ; count++) {
    const response = await ask(machine, request);
    const location = response.headers.get("location");
    if (!REDIRECTS.has(response.status) || location === null || request.redirect === "manual") {
      return response;
    }
    if (request.redirect === "error") {
      await response.body?.cancel();
      throw new TypeError(`fetch: ${request.url} redirects to ${location}`);
    }
    const next = redirected(request, response.status, location);
    if (!next) return response;
    await response.body?.cancel();
    if (count === REDIRECTS_MAX) throw new TypeError("fetch: too many redirects");
    request = next;
  }
}

async function ask(machine: RemoteMachine, request: PlainRequest): Promise<Response> {
  const { to, url, method, headers, body, signal } = request;
  signal?.throwIfAborted();
  const token = newToken();
  const isStream = body instanceof ReadableStream;
  const cancel = () => void machine.network("cancel", token).catch(() => {});
  signal?.addEventListener("abort", cancel);
  const settle = () => signal?.removeEventListener("abort", cancel);
  const asking = machine.network("fetch", {
    token,
    to,
    method,
    target: url.pathname + url.search,
    headers,
    body: isStream ? "pieces" : body,
  });
  const sending = isStream ? send(machine, token, body) : undefined;
  const failed = sending?.then(
    () => new Promise<never>(() => {}),
    (reason) => {
      cancel();
      throw reason;
    },
  );
  try {
    const answer = await (failed ? Promise.race([asking, failed]) : asking);
    if (answer.body !== "pieces") settle();
    return responseOf(machine, token, request, answer, settle);
  } catch (reason) {
    asking.catch(() => {});
    settle();
    signal?.throwIfAborted();
    throw reason;
  }
}

/** Piece by piece, each when the last has gone out. */
async function send(
  machine: RemoteMachine,
  token: number,
  body: ReadableStream<Uint8Array>,
): Promise<void> {
  const source = sourceFrom(body);
  try {
    for (let piece = await source.read(); piece; piece = await source.read()) {
      if (!(await machine.network("sendBody", token, piece))) return source.cancel();
    }
    await machine.network("endBody", token);
  } catch (reason) {
    source.cancel(reason);
    throw reason;
  }
}

function responseOf(
  machine: RemoteMachine,
  token: number,
  { url, method, signal }: PlainRequest,
  { status, reason, headers, body }: FetchAnswer,
  settle: () => void,
): Response {
  if (status < 200 || status > 599) {
    void machine.network("cancel", token).catch(() => {});
    throw new IsopodError("ERR_HTTP_STATUS", `fetch: the server answered with status ${status}`);
  }
  const hasBody = method !== "HEAD" && !NULL_BODY.has(status);
  const content = body === "pieces" ? pieces(machine, token, signal, settle) : body;
  const response = new Response(hasBody ? (content as never) : null, {
    status,
    statusText: reason,
    headers: headers as [string, string][],
  });
  Object.defineProperty(response, "url", { value: url.href });
  return response;
}

function pieces(
  machine: RemoteMachine,
  token: number,
  signal: AbortSignal | undefined,
  settle: () => void,
): ReadableStream<Uint8Array> {
  let abort = () => {};
  const end = () => {
    settle();
    signal?.removeEventListener("abort", abort);
  };
  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        abort = () => controller.error(signal?.reason);
        signal?.addEventListener("abort", abort);
      },
      async pull(controller) {
        try {
          const piece = await machine.network("readBody", token);
          if (signal?.aborted) return;
          if (piece.length > 0) return controller.enqueue(piece);
          end();
          controller.close();
        } catch (reason) {
          end();
          if (!signal?.aborted) controller.error(reason);
        }
      },
      async cancel() {
        end();
        await machine.network("cancel", token).catch(() => {});
      },
    },
    { highWaterMark: 0 },
  );
}

/** Undefined where it leads out of the machine, or the body cannot be sent again. */
function redirected(
  request: PlainRequest,
  status: number,
  location: string,
): PlainRequest | undefined {
  const url = URL.parse(location, request.url);
  if (url?.protocol !== "http:") return undefined;
  const to = leadsTo(request, url);
  if (!to) return undefined;
  const { method, body } = request;
  const isPost = method === "POST" && (status === 301 || status === 302);
  const becomesGet = isPost || (status === 303 && method !== "HEAD");
  if (!becomesGet && body instanceof ReadableStream) return undefined;
  const isElsewhere = url.host !== request.url.host;
  const dropped = new Set([
    ...(becomesGet ? ["content-type", "content-encoding", "content-language"] : []),
    ...(isElsewhere ? ["authorization", "cookie", "host"] : []),
  ]);
  const headers = request.headers.filter(([name]) => !dropped.has(name));
  return {
    ...request,
    to,
    url,
    method: becomesGet ? "GET" : method,
    headers: isElsewhere ? [...headers, ["host", url.host]] : headers,
    body: becomesGet ? undefined : body,
  };
}

function leadsTo({ to, url }: PlainRequest, next: URL): GuestAddress | undefined {
  if (next.host === url.host) return to;
  if (!/^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(next.hostname)) return undefined;
  return { port: next.port === "" ? 80 : Number(next.port) };
}
