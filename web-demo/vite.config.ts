/**
 * Builds the playground into dist/web-demo: static files, with what machines need under isopod/. The
 * servers here send the headers that isolate the page; on another, service-worker.js adds them.
 */
import { resolve } from "node:path";
import { defineConfig } from "vite";
import { isopod } from "../src/vite.ts";

export default defineConfig({
  root: import.meta.dirname,
  base: "./",
  plugins: [isopod()],
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  server: { host: "127.0.0.1" },
  preview: { host: "127.0.0.1" },
  build: {
    outDir: resolve(import.meta.dirname, "../dist/web-demo"),
    emptyOutDir: true,
    target: "es2023",
    sourcemap: true,
    reportCompressedSize: false,
  },
});
