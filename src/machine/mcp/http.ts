/**
 * The machine's tools over MCP's Streamable HTTP, on its own loopback: pid 1 listens. Clients of 2025's
 * protocol have sessions, later ones need none.
 */
import {
  type AuthInfo,
  createMcpHandler,
  hostHeaderValidationResponse,
  isInitializeRequest,
  isLegacyRequest,
  legacyStatelessFallback,
  localhostAllowedHostnames,
  localhostAllowedOrigins,
  type McpHttpHandler,
  originValidationResponse,
  type ServerContext,
  WebStandardStreamableHTTPServerTransport,
} from "@modelcontextprotocol/server";
import { type Kernel, POLLRDHUP, ProcessGone } from "../../../kernel/index.ts";
import type { Header } from "../../http/message.ts";
import { ServerConnection, type ServerRequest } from "../../http/server-connection.ts";
import { readableOf, sourceFrom } from "../../http/web-streams.ts";
import { GuestStream } from "../network/guest-stream.ts";
import { type Caller, callerAt, type Tools } from "../tools/tools.ts";
import { mcpServer } from "./server.ts";

/** Sessions at once; the one that was used longest ago makes room. */
const SESSIONS_MAX = 64;
const BODY_MAX = 8 << 20;
const PATH = "/mcp";
const SESSION = "mcp-session-id";

export class McpHttp {
  readonly #kernel: Kernel;
  readonly #tools: Tools;
  readonly #modern: McpHttpHandler;
  readonly #stateless: ReturnType<typeof legacyStatelessFallback>;
  readonly #sessions = new Map<string, WebStandardStreamableHTTPServerTransport>();

  constructor(kernel: Kernel, tools: Tools) {
    this.#kernel = kernel;
    this.#tools = tools;
    this.#modern = createMcpHandler(this.#server, {
      legacy: "reject",
      maxRequestBodySize: BODY_MAX,
    });
    this.#stateless = legacyStatelessFallback(this.#server);
    tools.onChange(() => this.#modern.notify.toolsChanged());
  }

  readonly #server = () => mcpServer(this.#tools, callerOfClient);

  /** Answers all that comes on one connection. */
  async serve(fd: number): Promise<void> {
    const stream = new GuestStream(this.#kernel, fd);
    const connection = new ServerConnection(stream);
    try {
      for (;;) {
        const asked = await connection.next();
        if (!asked) return;
        const gone = new AbortController();
        const over = this.#watch(fd, gone);
        try {
          const client = { authInfo: clientOf(callerAt(this.#kernel, fd)) };
          const response = await this.#answer(requestOf(asked, gone.signal), client);
          await connection.respond({
            status: response.status,
            headers: [...response.headers] as Header[],
            body: response.body ? sourceFrom(response.body) : undefined,
          });
        } finally {
          over();
          gone.abort();
        }
      }
    } catch (reason) {
      // The client broke the connection, sent what is no HTTP, or was switched off.
      connection.abort(reason);
    }
  }

  async #answer(request: Request, client: Client): Promise<Response> {
    const refusal =
      hostHeaderValidationResponse(request, localhostAllowedHostnames()) ??
      originValidationResponse(request, localhostAllowedOrigins());
    if (refusal) return refusal;
    if (new URL(request.url).pathname !== PATH) {
      return new Response(`MCP is at ${PATH}\n`, { status: 404 });
    }
    if (!(await isLegacyRequest(request, undefined, { maxRequestBodySize: BODY_MAX }))) {
      return this.#modern.fetch(request, client);
    }
    const id = request.headers.get(SESSION);
    const known = id === null ? undefined : this.#sessions.get(id);
    if (known && id !== null) {
      // The youngest are last.
      this.#sessions.delete(id);
      this.#sessions.set(id, known);
      return known.handleRequest(request, client);
    }
    if (id !== null) return problem(404, -32001, "there is no such session");
    if (request.method !== "POST") return problem(400, -32000, "a session begins with initialize");
    return this.#begin(request, client);
  }

  /** A session, or one answer to a client that wants none. */
  async #begin(request: Request, client: Client): Promise<Response> {
    const parsedBody: unknown = await request.json().catch(() => undefined);
    const messages = Array.isArray(parsedBody) ? parsedBody : [parsedBody];
    if (!messages.some((message) => isInitializeRequest(message))) {
      return this.#stateless(request, { ...client, parsedBody });
    }
    const transport = new WebStandardStreamableHTTPServerTransport({
      sessionIdGenerator: () => crypto.randomUUID(),
      onsessioninitialized: (id) => this.#keep(id, transport),
      onsessionclosed: (id) => void this.#sessions.delete(id),
    });
    await this.#server().connect(transport);
    return transport.handleRequest(request, { ...client, parsedBody });
  }

  #keep(id: string, transport: WebStandardStreamableHTTPServerTransport): void {
    this.#sessions.set(id, transport);
    const [oldest] = this.#sessions;
    if (this.#sessions.size <= SESSIONS_MAX || !oldest) return;
    this.#sessions.delete(oldest[0]);
    void oldest[1].close();
  }

  /** A client that closes its end while it waits has given up. */
  #watch(fd: number, gone: AbortController): () => void {
    let isOver = false;
    void (async () => {
      try {
        await this.#kernel.init.ppoll([{ fd, events: POLLRDHUP }], undefined, undefined);
        if (!isOver) gone.abort(new DOMException("the client is gone", "AbortError"));
      } catch (reason) {
        if (!(reason instanceof ProcessGone) && !isOver) gone.abort();
      }
    })();
    return () => {
      isOver = true;
    };
  }
}

interface Client {
  readonly authInfo: AuthInfo;
}

/** The SDK carries what it knows of a client from the connection to the handler. */
function clientOf(caller: Caller): AuthInfo {
  return { token: "", clientId: `${caller.asker.pid}`, scopes: [], extra: { caller } };
}

function callerOfClient({ http }: ServerContext): Caller {
  return http?.authInfo?.extra?.["caller"] as Caller;
}

function requestOf(asked: ServerRequest, signal: AbortSignal): Request {
  const headers = new Headers(
    asked.headers.map(([name, value]): [string, string] => [name, value]),
  );
  const host = headers.get("host") ?? "127.0.0.1";
  const url = new URL(asked.target.startsWith("/") ? asked.target : "/", `http://${host}`);
  const init: RequestInit & { duplex?: "half" } = { method: asked.method, headers, signal };
  if (asked.body) {
    init.body = readableOf(asked.body);
    init.duplex = "half";
  }
  return new Request(url, init);
}

function problem(status: number, code: number, message: string): Response {
  return Response.json({ jsonrpc: "2.0", id: null, error: { code, message } }, { status });
}
