/**
 * Builds what a tab needs: the library, the kernel's worker, and the scripts of spawner and guests, into
 * one folder of static files. The base image is not among them: it is served from where it was built.
 */
import { isBuiltin } from "node:module";
import { resolve } from "node:path";
import { rolldown } from "rolldown";
import { build, type Plugin } from "vite";

const at = (path: string) => resolve(import.meta.dirname, "..", path);

const MODULES = {
  index: at("src/browser.ts"),
  "kernel-worker": at("src/platforms/browser/kernel-worker.ts"),
};

/** Scripts without imports, because a policy or a `data:` address would not let them load any. */
const SCRIPTS = {
  spawner: at("runtimes/engines/browser-worker/spawner.ts"),
  guest: at("runtimes/engines/browser-worker/guest.ts"),
  "service-worker": at("src/platforms/browser/service-worker.ts"),
};

export async function buildBrowser(outDir: string): Promise<void> {
  await build({
    configFile: false,
    logLevel: "warn",
    root: at("."),
    publicDir: false,
    plugins: [noHostModules(), scripts()],
    build: {
      target: "es2023",
      outDir,
      emptyOutDir: true,
      minify: true,
      sourcemap: true,
      reportCompressedSize: false,
      modulePreload: false,
      chunkSizeWarningLimit: 1000,
      rolldownOptions: {
        input: MODULES,
        preserveEntrySignatures: "strict",
        output: { format: "es", entryFileNames: "[name].js", chunkFileNames: "[name]-[hash].js" },
      },
    },
  });
}

/** A module of Node in the bundle is a mistake, and is named. */
export function noHostModules(): Plugin {
  return {
    name: "no-host-modules",
    enforce: "pre",
    resolveId(id, importer) {
      if (isBuiltin(id)) throw new Error(`${importer} imports ${id}, a module of Node`);
    },
  };
}

function scripts(): Plugin {
  return {
    name: "single-scripts",
    async generateBundle() {
      for (const [name, input] of Object.entries(SCRIPTS)) {
        const bundle = await rolldown({ input });
        const { output } = await bundle.generate({ format: "iife", minify: true });
        await bundle.close();
        this.emitFile({ type: "asset", fileName: `${name}.js`, source: output[0].code });
      }
    },
  };
}
