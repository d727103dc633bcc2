/**
 * Builds the library for Node: dist/node/*.js, one file for each entry point, dependencies left
 * outside. The browser's and the edge's entry points follow.
 */
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { defineConfig } from "vite";

const ENTRIES: Record<string, string> = {
  index: "src/index.ts",
  "kernel-worker": "src/kernel-worker.ts",
  cli: "src/cli/main.ts",
};

export default defineConfig({
  build: {
    ssr: true,
    target: "node24",
    outDir: "dist/node",
    emptyOutDir: true,
    minify: false,
    sourcemap: true,
    reportCompressedSize: false,
    rolldownOptions: {
      input: Object.fromEntries(
        Object.entries(ENTRIES)
          .map(([name, path]) => [name, resolve(import.meta.dirname, path)] as const)
          .filter(([, path]) => existsSync(path)),
      ),
      output: {
        format: "es",
        entryFileNames: "[name].js",
        chunkFileNames: "chunks/[name]-[hash].js",
      },
    },
  },
});
