/** A static server on loopback that serves a page, dist/browser and the base image, and logs requests. */
import { createReadStream, existsSync, statSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join, normalize } from "node:path";
import { ISOLATION_HEADERS, SPAWNER_POLICY } from "../../runtimes/engines/browser-worker/policy.ts";

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".json": "application/json",
};
const PAGE = '<!doctype html><meta charset="utf-8"><title>isopod</title>';

export interface ServerOptions {
  /** Folders by the prefix of the address that they are served under. */
  readonly folders: Readonly<Record<string, string>>;
  /** Sends the headers that isolate a page. Default: true. */
  readonly isolated?: boolean;
  /** Sends the guests' policy with the spawner. Default: true. */
  readonly confined?: boolean;
  /** Other answers by path. */
  readonly extra?: Readonly<Record<string, string>>;
}

export interface TestServer {
  readonly url: string;
  /** `METHOD path` of each request so far. */
  readonly log: string[];
  close(): Promise<void>;
}

export async function serve(options: ServerOptions): Promise<TestServer> {
  const log: string[] = [];
  const server = createServer((request, response) => {
    log.push(`${request.method} ${request.url}`);
    answer(options, request, response);
  });
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/`,
    log,
    close: () =>
      new Promise((done) => {
        server.closeAllConnections();
        server.close(() => done());
      }),
  };
}

function answer(options: ServerOptions, request: IncomingMessage, response: ServerResponse): void {
  const { isolated = true, confined = true, folders, extra = {} } = options;
  const path = new URL(request.url ?? "/", "http://localhost").pathname;
  if (isolated) {
    for (const [name, value] of Object.entries(ISOLATION_HEADERS)) response.setHeader(name, value);
  }
  if (confined && path.endsWith("/spawner.js")) {
    response.setHeader("Content-Security-Policy", SPAWNER_POLICY);
  }
  const text = path === "/" ? PAGE : extra[path];
  if (text !== undefined) {
    response.setHeader("Content-Type", TYPES[extname(path)] ?? "text/html");
    response.end(text);
    return;
  }
  const prefix = Object.keys(folders).find((folder) => path.startsWith(folder));
  const file = prefix && join(folders[prefix] as string, normalize(path.slice(prefix.length)));
  if (!file || !existsSync(file) || !statSync(file).isFile()) {
    response.statusCode = 404;
    response.end();
    return;
  }
  sendFile(file, request, response);
}

function sendFile(file: string, request: IncomingMessage, response: ServerResponse): void {
  const { size } = statSync(file);
  response.setHeader("Content-Type", TYPES[extname(file)] ?? "application/octet-stream");
  response.setHeader("Accept-Ranges", "bytes");
  response.setHeader("Cache-Control", "max-age=3600");
  const range = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? "");
  const [start, end] = range ? [Number(range[1]), Number(range[2])] : [0, size - 1];
  if (range) {
    response.statusCode = 206;
    response.setHeader("Content-Range", `bytes ${start}-${end}/${size}`);
  }
  response.setHeader("Content-Length", end - start + 1);
  createReadStream(file, { start, end }).pipe(response);
}
