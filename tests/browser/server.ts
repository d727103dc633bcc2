/** A static server on loopback that serves a page and what machines in it need, and logs requests. */
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { extname } from "node:path";
import { headersFor } from "../../src/browser-files/headers.ts";
import { serveFiles } from "../../src/vite.ts";

const TYPES: Readonly<Record<string, string>> = {
  ".js": "text/javascript",
  ".json": "application/json",
};
/** Every page has the library at hand, as `isopod`. */
const PAGE = `<!doctype html><meta charset="utf-8"><title>isopod</title><link rel="icon" href="data:,">
<script type="module">import * as isopod from "/isopod/index.js"; globalThis.isopod = isopod;</script>`;

export interface ServerOptions {
  /** What buildBrowser made. */
  readonly files: string;
  /** Sends the headers that isolate a page. Default: true. */
  readonly isolated?: boolean;
  /** Sends the guests' policy with the spawner. Default: true. */
  readonly confined?: boolean;
  /** Lets the browser keep the files for an hour. Default: it asks each time whether they changed. */
  readonly cached?: boolean;
  /** Other answers by path. */
  readonly extra?: Readonly<Record<string, string>>;
}

export interface TestServer {
  readonly url: string;
  /** `METHOD path` of each request so far. */
  readonly log: string[];
  /** Bytes of the bodies that were sent, but for those of paths that match. */
  readonly sent: (but?: RegExp) => number;
  close(): Promise<void>;
}

export async function serve(options: ServerOptions): Promise<TestServer> {
  const { files, isolated = true, confined = true, cached = false, extra = {} } = options;
  const log: string[] = [];
  const sent: [path: string, bytes: number][] = [];
  const library = serveFiles(files, "/isopod/");
  const server = createServer((request, response) => {
    const { url = "/" } = request;
    response.on("finish", () => {
      sent.push([url, Number(response.getHeader("Content-Length") ?? 0)]);
    });
    log.push(`${request.method} ${url}`);
    for (const [name, value] of Object.entries(headersFor(url))) {
      const isPolicy = name === "Content-Security-Policy";
      if (isPolicy ? confined : isolated) response.setHeader(name, value);
    }
    if (url.startsWith("/leak/")) {
      welcome(response);
      return;
    }
    const path = url.replace(/\?.*/, "");
    const text = path === "/" ? PAGE : extra[path];
    if (text !== undefined) {
      response.setHeader("Content-Type", TYPES[extname(path)] ?? "text/html");
      response.end(text);
      return;
    }
    if (cached) keepFor(response, 3600);
    // Beside the page, as a build puts it.
    if (path === "/service-worker.js") request.url = "/isopod/service-worker.js";
    library(request, response, () => {
      response.statusCode = 404;
      response.end();
    });
  });
  server.on("upgrade", (request, socket) => {
    log.push(`UPGRADE ${request.url}`);
    socket.destroy();
  });
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/`,
    log,
    sent: (but) => sent.reduce((sum, [path, bytes]) => (but?.test(path) ? sum : sum + bytes), 0),
    close: () =>
      new Promise((done) => {
        server.closeAllConnections();
        server.close(() => done());
      }),
  };
}

/** An answer that nothing but a policy of the asking side would keep from anybody. */
function welcome(response: ServerResponse): void {
  response.setHeader("Access-Control-Allow-Origin", "*");
  response.setHeader("Cross-Origin-Resource-Policy", "cross-origin");
  response.setHeader("Content-Type", "text/javascript");
  response.end("1");
}

/** The library's own answers ask the browser to look again each time. */
function keepFor(response: ServerResponse, seconds: number): void {
  const { writeHead } = response;
  response.writeHead = function (this: ServerResponse, status: number, headers: object) {
    const kept = { ...headers, "Cache-Control": `max-age=${seconds}` };
    return writeHead.call(this, status, kept as never);
  } as typeof writeHead;
}
