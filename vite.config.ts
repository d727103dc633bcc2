/**
 * Builds the library for Node: dist/node/*.js, one file for each entry point and each worker,
 * dependencies left outside. scripts/build-browser.ts builds what runs in a tab.
 */
import { basename, dirname, resolve } from "node:path";
import { defineConfig, type Plugin } from "vite";
import { GUEST_BUNDLES, makeGuestBundle } from "./src/guest-bundle.ts";

const at = (path: string) => resolve(import.meta.dirname, path);

export default defineConfig({
  plugins: [workerScripts(), guestScripts()],
  build: {
    ssr: true,
    target: "node24",
    outDir: "dist/node",
    emptyOutDir: true,
    minify: false,
    sourcemap: true,
    reportCompressedSize: false,
    rolldownOptions: {
      input: {
        index: at("src/index.ts"),
        cli: at("src/cli/main.ts"),
        vite: at("src/vite.ts"),
        "bash-tool": at("src/bash-tool.ts"),
        "node-snapshot-builder": at("src/platforms/node/node-snapshot-builder.ts"),
      },
      // One flat folder, so that a script finds its neighbours from any chunk.
      output: { format: "es", entryFileNames: "[name].js", chunkFileNames: "[name]-[hash].js" },
    },
  },
});

/** `new Worker(new URL("./x.ts", import.meta.url)` names a script: it is built too, and renamed. */
function workerScripts(): Plugin {
  const NAMED = /(new Worker\(\s*new URL\(\s*)"(\.[^"\n]+)\.ts"(,\s*import\.meta\.url)/g;
  return {
    name: "worker-scripts",
    transform: {
      filter: { id: /\.ts$/, code: /new Worker\(/ },
      handler(code, id) {
        const renamed = code.replace(NAMED, (_, before: string, path: string, after: string) => {
          const fileName = `${basename(path)}.js`;
          this.emitFile({ type: "chunk", id: `${resolve(dirname(id), path)}.ts`, fileName });
          return `${before}"./${fileName}"${after}`;
        });
        return { code: renamed, map: null };
      },
    },
  };
}

/** What runs inside guests' isolates are scripts without imports. */
function guestScripts(): Plugin {
  return {
    name: "guest-scripts",
    async generateBundle() {
      for (const name of GUEST_BUNDLES) {
        const source = await makeGuestBundle(name);
        this.emitFile({ type: "asset", fileName: `${name}.js`, source });
      }
    },
  };
}
