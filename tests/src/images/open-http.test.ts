/** Images over HTTP: what is fetched, when, and what becomes of a network that fails. */
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { Errno } from "../../../kernel/index.ts";
import type { RangeCache } from "../../../src/images/cached-blobs.ts";
import { webCodec } from "../../../src/images/codec.ts";
import { Contents } from "../../../src/images/contents.ts";
import { blobPath } from "../../../src/images/node/folder-blobs.ts";
import { parseManifest } from "../../../src/images/oci/manifest.ts";
import { openHttpImage } from "../../../src/images/open-http.ts";
import { BlobServer } from "./blob-server.ts";
import { entryLines, file, noise, readAll, sampleImage, symlink } from "./sample-image.ts";

const quick = { patience: { attempts: 3, pause: 1, stall: 20_000 } };
const big = noise(9 << 20);
const medium = noise(300_000, 7);

let template: string;
beforeAll(async () => {
  template = await mkdtemp(join(tmpdir(), "isopod-http-image-"));
  await sampleImage(template, [
    [file("/etc/motd", "hello\n"), symlink("/etc/issue", "motd"), file("/etc/empty", "")],
    [file("/usr/bin/big", big, 0o755), file("/usr/bin/medium", medium, 0o755)],
  ]);
});
afterAll(() => rm(template, { recursive: true }));

let folder: string;
let server: BlobServer;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "isopod-http-image-"));
  await cp(template, folder, { recursive: true });
  server = await BlobServer.serve(folder);
});
afterEach(async () => {
  await server[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

const ranges = () => server.requests.filter(({ range }) => range !== undefined).length;

test("opening fetches no file of a large layer, and little altogether", async () => {
  const image = await openHttpImage(server.url, quick);
  expect(entryLines(image)).toEqual([
    "directory /",
    "directory /etc",
    "file /etc/empty",
    "symlink /etc/issue",
    "file /etc/motd",
    "directory /usr",
    "directory /usr/bin",
    "file /usr/bin/big",
    "file /usr/bin/medium",
  ]);
  expect(server.sent).toBeLessThan(10_000);
  expect(server.requests.length).toBe(5);
});

test("a small layer is there at once", async () => {
  const image = await openHttpImage(server.url, quick);
  const before = server.requests.length;
  expect((await readAll(image, "/etc/motd")).toString()).toBe("hello\n");
  expect((await readAll(image, "/etc/empty")).length).toBe(0);
  expect(server.requests.length).toBe(before);
});

test("a file comes when it is read, by chunks, once", async () => {
  const image = await openHttpImage(server.url, quick);
  const before = ranges();
  expect((await readAll(image, "/usr/bin/medium", 10, 20)).equals(medium.subarray(10, 30))).toBe(
    true,
  );
  expect(ranges() - before).toBe(1);
  await readAll(image, "/usr/bin/medium");
  expect(ranges() - before).toBe(1);
  const at = (4 << 20) - 3;
  expect((await readAll(image, "/usr/bin/big", at, 6)).equals(big.subarray(at, at + 6))).toBe(true);
  expect(ranges() - before).toBe(3);
  expect((await readAll(image, "/usr/bin/big")).equals(big)).toBe(true);
  expect(ranges() - before).toBe(4);
});

test("readers at the same time share one fetch", async () => {
  const image = await openHttpImage(server.url, quick);
  const before = ranges();
  const all = await Promise.all(
    Array.from({ length: 10 }, () => readAll(image, "/usr/bin/medium")),
  );
  expect(all.every((bytes) => bytes.equals(medium))).toBe(true);
  expect(ranges() - before).toBe(1);
});

test("memory is bounded: what was not read lately is fetched again", async () => {
  const contents = new Contents({ codec: webCodec, keepBytes: 1 << 20 });
  const image = await openHttpImage(server.url, { ...quick, contents });
  await readAll(image, "/usr/bin/medium");
  // Larger than the bound, and still read whole.
  expect((await readAll(image, "/usr/bin/big")).equals(big)).toBe(true);
  const before = ranges();
  expect((await readAll(image, "/usr/bin/medium")).equals(medium)).toBe(true);
  expect(ranges() - before).toBe(1);
});

test("a server that ignores ranges is read as far as needed", async () => {
  server.ranges = false;
  const image = await openHttpImage(server.url, quick);
  expect((await readAll(image, "/usr/bin/medium")).equals(medium)).toBe(true);
  expect(
    (await readAll(image, "/usr/bin/big", 5 << 20, 10)).equals(
      big.subarray(5 << 20, (5 << 20) + 10),
    ),
  ).toBe(true);
});

test("a connection that breaks is taken up again where it broke", async () => {
  const image = await openHttpImage(server.url, quick);
  const asked: (string | undefined)[] = [];
  server.fault = ({ range }, response, body) => {
    asked.push(range);
    if (asked.length > 3) return false;
    const [from] = /\d+/.exec(range ?? "") ?? ["0"];
    response.writeHead(206, {
      "content-range": `bytes ${from}-`,
      "content-length": body.length,
    });
    response.write(body.subarray(0, 100_000), () => response.destroy());
    return true;
  };
  expect((await readAll(image, "/usr/bin/medium")).equals(medium)).toBe(true);
  const starts = asked.map((range) => Number(/\d+/.exec(range ?? "")?.[0]));
  expect(starts.length).toBeGreaterThan(1);
  expect(starts[1]).toBeGreaterThan(starts[0] as number);
});

test("a lost network is EIO, says why, and the next read tries again", async () => {
  const faults: unknown[] = [];
  const image = await openHttpImage(server.url, { ...quick, onFault: (e) => faults.push(e) });
  server.fault = (_, response) => {
    response.destroy();
    return true;
  };
  await expect(readAll(image, "/usr/bin/medium")).rejects.toMatchObject({ errno: Errno.EIO });
  expect(String(faults[0])).toMatch(/http:.*blobs\/sha256/);
  server.fault = undefined;
  expect((await readAll(image, "/usr/bin/medium")).equals(medium)).toBe(true);
});

test("a server in trouble is asked again, one that refuses is not", async () => {
  let count = 0;
  server.fault = (_, response) => {
    if (++count > 2) return false;
    response.writeHead(503).end();
    return true;
  };
  await openHttpImage(server.url, quick);
  await expect(openHttpImage(`${server.url}/nowhere`, quick)).rejects.toThrow(/answered 404/);
  server.fault = (_, response) => {
    response.writeHead(403).end();
    return true;
  };
  server.requests.length = 0;
  await expect(openHttpImage(server.url, quick)).rejects.toThrow(/index.json answered 403/);
  expect(server.requests.length).toBe(1);
});

test("a server that says nothing is given up", async () => {
  server.fault = () => true;
  const patience = { attempts: 2, pause: 1, stall: 50 };
  await expect(openHttpImage(server.url, { patience })).rejects.toThrow(/nothing arrived/);
});

test("wrong bytes of a file are never handed out", async () => {
  const image = await openHttpImage(server.url, quick);
  server.fault = (_, response, body) => {
    body.writeUInt8(body.readUInt8(body.length >> 1) ^ 1, body.length >> 1);
    response.writeHead(206, { "content-length": body.length }).end(body);
    return true;
  };
  await expect(readAll(image, "/usr/bin/medium")).rejects.toMatchObject({ errno: Errno.EIO });
});

test.each(["index", "manifest", "config", "small layer", "table of contents"])(
  "a damaged %s is refused when the image is opened",
  async (part) => {
    const index = JSON.parse(await readFile(join(folder, "index.json"), "utf8"));
    const { digest } = index.manifests[0];
    const manifest = parseManifest("manifest", await readFile(blobPath(folder, digest)));
    const [small, large] = manifest.layers;
    const paths: Record<string, string> = {
      index: join(folder, "index.json"),
      manifest: blobPath(folder, digest),
      config: blobPath(folder, manifest.config.digest),
      "small layer": blobPath(folder, small?.digest ?? ""),
      "table of contents": blobPath(folder, large?.digest ?? ""),
    };
    const path = paths[part] as string;
    const bytes = await readFile(path);
    // Inside the compressed table, which ends before the footer.
    const at = part === "table of contents" ? bytes.length - 51 - 60 : bytes.length >> 1;
    bytes[at] = (bytes[at] as number) ^ 0x10;
    if (part === "index") bytes.fill(0x20, at, at + 20);
    await writeFile(path, bytes);
    await expect(openHttpImage(server.url, quick)).rejects.toMatchObject({ code: "ERR_IMAGE" });
  },
);

test("a cache answers the second time, and damaged ranges in it are fetched anew", async () => {
  const kept = new Map<string, Uint8Array>();
  const cache: RangeCache = {
    get: async (key) => kept.get(key),
    put: async (key, bytes) => void kept.set(key, bytes.slice()),
    delete: async (key) => void kept.delete(key),
  };
  const first = await openHttpImage(server.url, { ...quick, cache });
  await readAll(first, "/usr/bin/medium");
  server.requests.length = 0;
  const second = await openHttpImage(server.url, { ...quick, cache });
  expect((await readAll(second, "/usr/bin/medium")).equals(medium)).toBe(true);
  expect(server.requests.map(({ path }) => path)).toEqual(["/index.json"]);
  for (const bytes of kept.values()) if (bytes.length > 50) bytes.fill(0, 40, 50);
  const third = await openHttpImage(server.url, { ...quick, cache });
  expect((await readAll(third, "/usr/bin/medium")).equals(medium)).toBe(true);
  // Everything but the index was damaged, and is whole again.
  expect(server.requests.length).toBe(1 + 1 + 5);
});

test("a cache that fails is passed by", async () => {
  const fails = () => Promise.reject(new Error("quota"));
  const image = await openHttpImage(server.url, {
    ...quick,
    cache: { get: fails, put: fails, delete: fails },
  });
  expect((await readAll(image, "/usr/bin/medium")).equals(medium)).toBe(true);
});
