/**
 * Attacks on the reading of HTTP, cut up and put together at random, said through the gateway to Node's
 * most lenient server: whatever that takes for a request must be one that the rules allow. A failure names
 * its seed.
 */
import { createServer, type Server } from "node:http";
import { Duplex, duplexPair } from "node:stream";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Policy } from "../../kernel/index.ts";
import { Credentials } from "../../src/gateway/http/credentials.ts";
import { Exchange } from "../../src/gateway/http/exchange.ts";
import { streamFrom } from "../../src/http/web-streams.ts";
import { scripted } from "../src/http/streams.ts";

const CASES = 3000;
const SEED = Number(process.env["ISOPOD_FUZZ_SEED"] ?? 7_310_001);

const GOOD = "GET /ok/3 HTTP/1.1\r\nHost: api.test\r\n\r\n";
const SECRET = "GET /secret HTTP/1.1\r\nHost: api.test\r\n\r\n";
const STARTS = [
  "POST /ok/1 HTTP/1.1\r\nHost: api.test\r\n",
  "POST /ok/2 HTTP/1.1\r\nHost: api.test\r\n",
  "GET /ok/3 HTTP/1.1\r\nHost: api.test\r\n",
  "POST /ok/4 HTTP/1.0\r\nHost: api.test\r\n",
  "GET /secret HTTP/1.1\r\nHost: api.test\r\n",
  "CONNECT evil.test:80 HTTP/1.1\r\nHost: evil.test:80\r\n",
];
const HEADERS = [
  "Content-Length: 0\r\n",
  "Content-Length: 5\r\n",
  "Content-Length: 15\r\n",
  `Content-Length: ${SECRET.length}\r\n`,
  "Content-Length:+5\r\n",
  "Content-Length: 5\n",
  "content-length: 5, 5\r\n",
  "Content-Length\x0b: 5\r\n",
  "Transfer-Encoding: chunked\r\n",
  "Transfer-Encoding: chunked \r\n",
  "Transfer-Encoding : chunked\r\n",
  "Transfer-Encoding:\r\n chunked\r\n",
  "Transfer-Encoding: x, chunked\r\n",
  "Transfer-Encoding: chunked, identity\r\n",
  "Transfer-Encoding: \x0bchunked\r\n",
  "Transfer_Encoding: chunked\r\n",
  "Connection: close\r\n",
  "Connection: keep-alive, content-length\r\n",
  "Connection: Upgrade\r\nUpgrade: h2c\r\n",
  "Connection: Upgrade\r\nUpgrade: websocket\r\n",
  "Expect: 100-continue\r\n",
  "Host: evil.test\r\n",
  "X: a\n",
  "X: a\r\n b\r\n",
  "X: a\r",
];
const BODIES = [
  "",
  "",
  "hello",
  "5\r\nhello\r\n0\r\n\r\n",
  "0\r\n\r\n",
  "5;x=\r\nhello\r\n0\r\nX: y\r\n\r\n",
  "5\r\nhello0\r\n\r\n",
  "0x5\r\nhello\r\n0\r\n\r\n",
  `${SECRET.length.toString(16)}\r\n${SECRET}\r\n0\r\n\r\n`,
  SECRET,
];
const NOISE = ["\r\n", "\n", "\r", "\0", " ", "\t", "\n\n", GOOD, SECRET];

const ALLOWED = /^(GET|POST) \/ok\/\d api\.test$/;
const policy: Policy = {
  decide: (crossing) => {
    const { method = "", path = "" } = crossing as { method?: string; path?: string };
    return { allowed: /^(GET|POST)$/.test(method) && /^\/ok\//.test(path), reason: "the test" };
  },
};

let server: Server;
let seen: string[] = [];

beforeAll(() => {
  server = createServer({ insecureHTTPParser: true }, (request, response) => {
    seen.push(`${request.method} ${request.url} ${request.headers.host}`);
    request.resume();
    request.on("error", () => {});
    response.end("ok");
  });
  server.on("upgrade", (request, socket) => {
    seen.push(`${request.method} ${request.url} ${request.headers.host}`);
    socket.end("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
  });
  server.on("clientError", (_error, socket) => socket.destroy());
});
afterAll(() => server.close());

test(`${CASES} streams of pieces`, async () => {
  const random = numbers(SEED);
  let passed = 0;
  for (let turn = 0; turn < CASES; turn++) {
    const text = mixture(random);
    const wrong = (await through(cut(text, random))).filter((request) => !ALLOWED.test(request));
    expect({ turn, seed: SEED, text, wrong }).toMatchObject({ wrong: [] });
    passed += seen.length;
  }
  // Enough came through that something could have.
  expect(passed).toBeGreaterThan(CASES / 10);
});

test("without the gateway they do ask for what is not allowed", async () => {
  const random = numbers(SEED);
  let wrong = 0;
  for (let turn = 0; turn < 500; turn++) {
    seen = [];
    const [near, far] = duplexPair();
    server.emit("connection", far);
    near.end(Buffer.from(mixture(random), "latin1"));
    near.resume();
    await settled();
    near.destroy();
    far.destroy();
    wrong += seen.filter((request) => !ALLOWED.test(request)).length;
  }
  expect(wrong).toBeGreaterThan(20);
});

function mixture(random: (below: number) => number): string {
  const one = (all: readonly string[]) => all[random(all.length)] as string;
  let text = "";
  for (let count = 1 + random(4); count > 0; count--) {
    text += one(STARTS.slice(0, random(3) === 0 ? STARTS.length : 3));
    for (let headers = random(3); headers > 0; headers--) text += one(HEADERS);
    text += `\r\n${one(BODIES)}`;
    if (random(3) === 0) text += one(NOISE);
  }
  return text;
}

/** What was written has been read. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 8; turn++) await new Promise((resolve) => setImmediate(resolve));
}

async function through(pieces: readonly string[]): Promise<string[]> {
  seen = [];
  const guest = scripted(pieces);
  const sides: Duplex[] = [];
  const exchange = new Exchange(guest, {
    destination: { protocol: "http", host: "api.test", port: 80 },
    asker: { pid: 2, command: "test" },
    policy,
    credentials: new Credentials([], async () => []),
    meter: { request() {} },
    open: async () => {
      const [near, far] = duplexPair();
      sides.push(near, far);
      server.emit("connection", far);
      return { stream: streamFrom(Duplex.toWeb(near) as never), isVerified: false };
    },
  });
  await exchange.serve().catch(() => {});
  // What went out is read by then, or will be at once.
  await settled();
  for (const side of sides) side.destroy();
  return seen;
}

function cut(text: string, random: (below: number) => number): string[] {
  const pieces: string[] = [];
  for (let at = 0; at < text.length; ) {
    const length = 1 + random(random(3) === 0 ? 4 : 200);
    pieces.push(text.slice(at, at + length));
    at += length;
  }
  return pieces;
}

/** Whole numbers below a bound (mulberry32). */
function numbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

test("the same pieces, whole, mean what they say", async () => {
  expect(await through([GOOD])).toEqual(["GET /ok/3 api.test"]);
});
