/**
 * Stands before a registry and does what networks and gatekeepers do: cuts connections, changes bytes,
 * wants tokens.
 */
import {
  createServer,
  type IncomingMessage,
  type Server,
  type ServerResponse,
  request as send,
} from "node:http";
import type { AddressInfo } from "node:net";

export interface Seen {
  readonly method: string;
  readonly path: string;
  readonly range: string | undefined;
  readonly authorization: string | undefined;
}

export class CuttingProxy implements AsyncDisposable {
  readonly seen: Seen[] = [];
  /** True where it has answered or cut the request itself. */
  before: ((seen: Seen, request: IncomingMessage, response: ServerResponse) => boolean) | undefined;
  /** Changes the body of an answer, or cuts it: undefined after `bytes`. */
  answer: ((seen: Seen, body: Buffer) => { body: Buffer; cut?: boolean }) | undefined;
  readonly #server: Server;

  private constructor(target: string) {
    this.#server = createServer((request, response) => this.#forward(target, request, response));
  }

  static async before(target: string): Promise<CuttingProxy> {
    const proxy = new CuttingProxy(target);
    await new Promise<void>((resolve) => proxy.#server.listen(0, "127.0.0.1", resolve));
    return proxy;
  }

  get host(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  count(method: string, path: RegExp): number {
    return this.seen.filter((seen) => seen.method === method && path.test(seen.path)).length;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #forward(target: string, request: IncomingMessage, response: ServerResponse): void {
    const { method = "", url = "", headers } = request;
    const seen = { method, path: url, range: headers.range, authorization: headers.authorization };
    this.seen.push(seen);
    if (this.before?.(seen, request, response)) return;
    const onward = { ...headers };
    // The registry behind knows nothing of tokens.
    if (onward.authorization?.startsWith("Bearer")) delete onward.authorization;
    const upstream = send(`http://${target}${url}`, { method, headers: onward }, (answer) => {
      const pieces: Buffer[] = [];
      answer.on("data", (piece: Buffer) => pieces.push(piece));
      answer.on("end", () => {
        const whole = Buffer.concat(pieces);
        const { body, cut = false } = this.answer?.(seen, whole) ?? { body: whole };
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        if (cut) response.write(body, () => response.destroy());
        else response.end(body);
      });
    });
    upstream.on("error", () => response.destroy());
    request.on("error", () => upstream.destroy());
    request.on("close", () => {
      if (!request.complete) upstream.destroy();
    });
    request.pipe(upstream);
  }
}
