/**
 * Builds the playground into dist/web-demo: static files, with what dist/browser and the base image
 * hold under isopod/. The servers here send the headers that isolate the page; another server must too
 * (docs/browser.md).
 */
import { cpSync, createReadStream, existsSync, statSync, writeFileSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { extname, join, resolve } from "node:path";
import { defineConfig, type Plugin } from "vite";
import { headersFile, headersFor } from "../src/browser-files/headers.ts";

const at = (path: string) => resolve(import.meta.dirname, "..", path);
const LIBRARY = at("dist/browser");
const IMAGE = at("build/base-image");
const OUT = at("dist/web-demo");

export default defineConfig({
  root: import.meta.dirname,
  base: "./",
  plugins: [isopodFiles()],
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  server: { host: "127.0.0.1" },
  preview: { host: "127.0.0.1" },
  build: {
    outDir: OUT,
    emptyOutDir: true,
    target: "es2023",
    sourcemap: true,
    reportCompressedSize: false,
    // The languages of the editor come one by one, when a file needs them.
    chunkSizeWarningLimit: 900,
  },
});

/** The library's files under isopod/: from their folders while developing, copied into a build. */
function isopodFiles(): Plugin {
  const addHeaders = (request: IncomingMessage, response: ServerResponse, next: () => void) => {
    const headers = headersFor(request.url ?? "/");
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    next();
  };
  return {
    name: "isopod-files",
    configureServer(server) {
      server.middlewares.use(addHeaders);
      server.middlewares.use("/isopod/", sendLibrary);
    },
    configurePreviewServer(server) {
      server.middlewares.use(addHeaders);
    },
    closeBundle() {
      cpSync(LIBRARY, join(OUT, "isopod"), { recursive: true });
      cpSync(IMAGE, join(OUT, "isopod", "base-image"), { recursive: true });
      writeFileSync(join(OUT, "_headers"), headersFile("/isopod/"));
    },
  };
}

const TYPES: Readonly<Record<string, string>> = {
  ".js": "text/javascript",
  ".json": "application/json",
};

function sendLibrary(request: IncomingMessage, response: ServerResponse, next: () => void): void {
  const path = resolve("/", decodeURIComponent((request.url ?? "/").split("?")[0] as string));
  const isImage = path.startsWith("/base-image/");
  const file = isImage ? join(IMAGE, path.slice("/base-image".length)) : join(LIBRARY, path);
  if (!existsSync(file) || !statSync(file).isFile()) {
    next();
    return;
  }
  const { size } = statSync(file);
  const range = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? "");
  const start = range ? Number(range[1]) : 0;
  const end = range?.[2] ? Math.min(Number(range[2]), size - 1) : size - 1;
  response.statusCode = range ? 206 : 200;
  if (range) response.setHeader("Content-Range", `bytes ${start}-${end}/${size}`);
  response.setHeader("Content-Type", TYPES[extname(file)] ?? "application/octet-stream");
  response.setHeader("Accept-Ranges", "bytes");
  response.setHeader("Content-Length", end - start + 1);
  createReadStream(file, { start, end }).pipe(response);
}
