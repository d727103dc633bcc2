/**
 * Builds the library for Node: dist/node/*.js, one file for each entry point and each worker,
 * dependencies left outside. scripts/build-browser.ts builds what runs in a tab.
 */
import { basename, dirname, resolve } from "node:path";
import { defineConfig, type Plugin } from "vite";
import { GUEST_BUNDLES, makeGuestBundle } from "./src/guest-bundle.ts";

const at = (path: string) => resolve(import.meta.dirname, path);

export default defineConfig({
  plugins: [workerScripts(), guestScripts(), oneByteScripts()],
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

/** `new Worker(new URL("./x.ts", import.meta.url)`, or `fork(`, names a script: it is built too, and renamed. */
function workerScripts(): Plugin {
  const NAMED = /((?:new Worker|fork)\(\s*new URL\(\s*)"(\.[^"\n]+)\.ts"(,\s*import\.meta\.url)/g;
  return {
    name: "worker-scripts",
    transform: {
      filter: { id: /\.ts$/, code: /new Worker\(|fork\(/ },
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

/** V8 keeps a text in two bytes for each character when one of them needs it; escapes need one. */
function oneByteScripts(): Plugin {
  return {
    name: "one-byte-scripts",
    generateBundle(_options, bundle) {
      for (const file of Object.values(bundle)) {
        if (file.type !== "chunk") continue;
        // It would see the escapes.
        if (/String\.raw`[^`]*[\u0100-\uffff]/.test(file.code))
          this.error("String.raw in two bytes");
        file.code = file.code.replace(
          /[\u0100-\uffff]/g,
          (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
        );
      }
    },
  };
}
