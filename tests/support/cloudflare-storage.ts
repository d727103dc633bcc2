/**
 * What stands behind the KV and R2 bindings of a workerd in tests, for the services themselves are
 * Cloudflare's: an HTTP server on loopback that speaks to the bindings as those do, and keeps everything
 * in memory. Small, so it shows what our drivers ask of the real bindings, not how the services are used
 * by many at once. https://github.com/cloudflare/workerd/blob/main/src/workerd/api/r2-api.capnp
 */
import { createHash, randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";

/** As many keys as one page of a list has: few, so that tests see several. */
const PAGE = 100;

export interface CloudflareStorage extends AsyncDisposable {
  readonly address: string;
}

/** KV at the host name `kv`, R2 at any other. */
export async function serveStorage(): Promise<CloudflareStorage> {
  const kv = new Map<string, Value>();
  const r2 = new Map<string, R2Object>();
  const server = createServer((request, response) => {
    const serve = request.headers["cf-r2-request"] || request.headers["cf-r2-metadata-size"];
    const answered = serve ? serveR2(r2, request, response) : serveKv(kv, request, response);
    answered.catch((error) => response.writeHead(500).end(String(error)));
  });
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    },
  };
}

interface Value {
  readonly bytes: Uint8Array;
  readonly metadata: string | undefined;
}

async function serveKv(
  values: Map<string, Value>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const url = new URL(request.url as string, "http://kv");
  const key = decodeURIComponent(url.pathname.slice(1));
  const body = await buffer(request);
  if (request.method === "PUT") {
    values.set(key, { bytes: body, metadata: request.headers["cf-kv-metadata"]?.toString() });
    return void response.end();
  }
  if (request.method === "DELETE") {
    values.delete(key);
    return void response.end();
  }
  if (key === "") {
    const { names, next } = page(
      values.keys(),
      url.searchParams.get("prefix") ?? "",
      url.searchParams.get("cursor") ?? undefined,
    );
    const keys = names.map((name) => {
      const metadata = values.get(name)?.metadata;
      return { name, ...(metadata !== undefined && { metadata: JSON.parse(metadata) }) };
    });
    const end =
      next === undefined ? { list_complete: true } : { list_complete: false, cursor: next };
    return void response.end(JSON.stringify({ keys, ...end, cacheStatus: null }));
  }
  const found = values.get(key);
  if (!found) return void response.writeHead(404).end();
  response.end(found.bytes);
}

interface R2Object {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly head: R2Head;
}

interface R2Head {
  readonly name: string;
  readonly version: string;
  readonly size: number;
  readonly etag: string;
  readonly uploaded: number;
}

interface R2Request {
  readonly method: string;
  readonly object: string;
  readonly objects?: readonly string[];
  readonly prefix?: string;
  readonly cursor?: string;
  readonly onlyIf?: {
    readonly etagMatches?: readonly Etag[];
    readonly etagDoesNotMatch?: readonly Etag[];
  };
}

interface Etag {
  readonly type: "strong" | "weak" | "wildcard";
  readonly value?: string;
}

async function serveR2(
  objects: Map<string, R2Object>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const body = await buffer(request);
  const prefix = Number(request.headers["cf-r2-metadata-size"] ?? 0);
  const text = request.headers["cf-r2-request"]?.toString() ?? body.subarray(0, prefix).toString();
  const asked = JSON.parse(text) as R2Request;
  const found = objects.get(asked.object);
  switch (asked.method) {
    case "put": {
      if (!allows(asked, found)) return refuse(response, 412, 10031);
      const bytes = Uint8Array.from(body.subarray(prefix));
      const etag = createHash("md5").update(bytes).digest("hex");
      const name = asked.object;
      const [version, uploaded] = [randomUUID(), Date.now()];
      const head = { name, version, size: bytes.length, etag, uploaded };
      objects.set(name, { bytes, head });
      return answer(response, head);
    }
    case "delete":
      for (const name of asked.objects ?? [asked.object]) objects.delete(name);
      return void response.end();
    case "list": {
      const { names, next } = page(objects.keys(), asked.prefix ?? "", asked.cursor);
      const listed = names.map((name) => objects.get(name)?.head);
      const end = next === undefined ? { truncated: false } : { truncated: true, cursor: next };
      return answer(response, { objects: listed, ...end, delimitedPrefixes: [] });
    }
    case "get":
    case "head":
      if (!found) return refuse(response, 404, 10007);
      return answer(response, found.head, asked.method === "get" ? found.bytes : undefined);
    default:
      throw new Error(`nobody needed ${asked.method} so far`);
  }
}

function allows({ onlyIf }: R2Request, found: R2Object | undefined): boolean {
  const matches = (etags: readonly Etag[]) =>
    found !== undefined &&
    etags.some(({ type, value }) => type === "wildcard" || value === found.head.etag);
  if (onlyIf?.etagMatches && !matches(onlyIf.etagMatches)) return false;
  return !(onlyIf?.etagDoesNotMatch && matches(onlyIf.etagDoesNotMatch));
}

/** JSON, and behind it the bytes. */
function answer(response: ServerResponse, metadata: object, bytes = new Uint8Array(0)): void {
  const json = Buffer.from(JSON.stringify(metadata));
  response.setHeader("cf-r2-metadata-size", json.length);
  response.end(Buffer.concat([json, bytes]));
}

function refuse(response: ServerResponse, status: number, v4code: number): void {
  const error = JSON.stringify({ version: 0, v4code, message: "refused" });
  response.writeHead(status, { "cf-r2-error": error }).end();
}

/** The names after `cursor` that begin with `prefix`, and the cursor of the next page. */
function page(
  all: Iterable<string>,
  prefix: string,
  cursor = "",
): { names: string[]; next: string | undefined } {
  const sorted = [...all].filter((name) => name.startsWith(prefix) && name > cursor).sort();
  const names = sorted.slice(0, PAGE);
  return { names, next: sorted.length > PAGE ? names.at(-1) : undefined };
}
