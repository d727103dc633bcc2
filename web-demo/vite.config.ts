/**
 * Builds the playground into dist/web-demo: static files, with what machines need under isopod/. The
 * servers here send the headers that isolate the page; on another, service-worker.js adds them.
 */
import { resolve } from "node:path";
import { defineConfig, type UserConfig } from "vite";
import { type IsopodPluginOptions, isopod } from "../src/vite.ts";

const OUT = resolve(import.meta.dirname, "../dist/web-demo");

export default defineConfig(playgroundConfig(OUT));

export function playgroundConfig(outDir: string, options: IsopodPluginOptions = {}): UserConfig {
  return {
    root: import.meta.dirname,
    base: "./",
    plugins: [isopod(options)],
    oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
    server: { host: "127.0.0.1" },
    preview: { host: "127.0.0.1" },
    build: {
      outDir,
      emptyOutDir: true,
      target: "es2023",
      sourcemap: true,
      reportCompressedSize: false,
      // The page's own script and its terminals; the editor and its languages come when they are needed.
      chunkSizeWarningLimit: 560,
    },
  };
}
