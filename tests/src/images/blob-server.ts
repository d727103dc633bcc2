/** A web server of one folder, which can be told to misbehave as networks and hosts do. */
import { readFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join, normalize } from "node:path";

export interface Request {
  readonly path: string;
  readonly range: string | undefined;
}

/** True where it has dealt with the request. */
export type Fault = (request: Request, response: ServerResponse, body: Buffer) => boolean;

export class BlobServer implements AsyncDisposable {
  readonly requests: Request[] = [];
  /** Bytes of bodies that were sent whole. */
  sent = 0;
  fault: Fault | undefined;
  ranges = true;
  readonly #server: Server;

  private constructor(folder: string) {
    this.#server = createServer(
      (request, response) => void this.#answer(folder, request, response),
    );
  }

  static async serve(folder: string): Promise<BlobServer> {
    const server = new BlobServer(folder);
    await new Promise<void>((resolve) => server.#server.listen(0, "127.0.0.1", resolve));
    return server;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #answer(folder: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = normalize(new URL(request.url ?? "/", "http://x").pathname);
    const { range } = request.headers;
    this.requests.push({ path, range });
    const bytes = await readFile(join(folder, path)).catch(() => undefined);
    if (!bytes) {
      response.writeHead(404).end();
      return;
    }
    const [, from, to] = (this.ranges && /^bytes=(\d+)-(\d+)$/.exec(range ?? "")) || [];
    const body =
      from === undefined
        ? bytes
        : bytes.subarray(Number(from), Math.min(Number(to) + 1, bytes.length));
    if (this.fault?.({ path, range }, response, body)) return;
    if (from !== undefined) {
      response.statusCode = 206;
      response.setHeader("content-range", `bytes ${from}-${to}/${bytes.length}`);
    }
    response.setHeader("content-length", body.length);
    response.end(body);
    this.sent += body.length;
  }
}
