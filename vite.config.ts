/**
 * Builds the library for Node: dist/node/*.js, one file for each entry point and each worker,
 * dependencies left outside. The browser's and the edge's entry points follow.
 */
import { basename, dirname, resolve } from "node:path";
import { defineConfig, type Plugin } from "vite";

const at = (path: string) => resolve(import.meta.dirname, path);

export default defineConfig({
  plugins: [neighbourScripts()],
  build: {
    ssr: true,
    target: "node24",
    outDir: "dist/node",
    emptyOutDir: true,
    minify: false,
    sourcemap: true,
    reportCompressedSize: false,
    rolldownOptions: {
      input: { index: at("src/index.ts"), cli: at("src/cli/main.ts") },
      // One flat folder, so that a script finds its neighbours from any chunk.
      output: { format: "es", entryFileNames: "[name].js", chunkFileNames: "[name]-[hash].js" },
    },
  },
});

/** `new URL("./worker.ts", import.meta.url)` names a script: it is built too, and the name follows. */
function neighbourScripts(): Plugin {
  const NAMED = /new URL\(\s*"(\.[^"\n]+)\.ts",\s*import\.meta\.url,?\s*\)/g;
  return {
    name: "neighbour-scripts",
    transform: {
      filter: { id: /\.ts$/, code: /new URL\(/ },
      handler(code, id) {
        const renamed = code.replace(NAMED, (_, path: string) => {
          const fileName = `${basename(path)}.js`;
          this.emitFile({ type: "chunk", id: `${resolve(dirname(id), path)}.ts`, fileName });
          return `new URL("./${fileName}", import.meta.url)`;
        });
        return { code: renamed, map: null };
      },
    },
  };
}
