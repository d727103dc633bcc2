/** Serves a built playground on loopback, with or without the headers that isolate it. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import sirv from "sirv";
import { headersFor } from "../../src/browser-files/headers.ts";

export interface PlaygroundServer {
  readonly url: string;
  /** Bytes of bodies so far, by path. */
  readonly sent: ReadonlyMap<string, number>;
  close(): Promise<void>;
}

export async function servePlayground(
  files: string,
  { isolated = true }: { readonly isolated?: boolean } = {},
): Promise<PlaygroundServer> {
  const sent = new Map<string, number>();
  // As a static host has it: hashed names are for ever, the rest is asked for again.
  const handle = sirv(files, {
    etag: true,
    setHeaders(response, path) {
      const isHashed = path.startsWith("/assets/") || path.includes("/blobs/");
      const kept = isHashed ? "public, max-age=31536000, immutable" : "no-cache";
      response.setHeader("Cache-Control", kept);
    },
  });
  const server = createServer((request, response) => {
    const path = (request.url ?? "/").replace(/[?#].*/, "");
    if (isolated) {
      for (const [name, value] of Object.entries(headersFor(path))) response.setHeader(name, value);
    }
    response.on("finish", () => {
      const length = Number(response.getHeader("Content-Length") ?? 0);
      if (response.statusCode < 300) sent.set(path, (sent.get(path) ?? 0) + length);
    });
    handle(request, response, () => {
      response.statusCode = 404;
      response.end();
    });
  });
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/`,
    sent,
    close: () =>
      new Promise((done) => {
        server.closeAllConnections();
        server.close(() => done());
      }),
  };
}
