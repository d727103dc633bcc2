/**
 * Builds what a tab needs: the library, the kernel's worker, and the scripts of spawner and guests, into
 * one folder of static files. The base image is not among them: it is served from where it was built.
 */
import { readFile } from "node:fs/promises";
import { isBuiltin } from "node:module";
import { resolve } from "node:path";
import { rootCertificates } from "node:tls";
import { fileURLToPath } from "node:url";
import { rolldown } from "rolldown";
import { build, type Plugin } from "vite";
import {
  AUTHORITIES,
  BROTLI,
  BROTLI_MODULE,
  NODE_LIBRARY,
  OPENSSL,
  QUICKJS,
  SQLITE,
  ZSTD,
} from "../src/browser-files/names.ts";
import { bundleNodeLibrary } from "../src/node-library/bundle.ts";

const at = (path: string) => resolve(import.meta.dirname, "..", path);

/** What is fetched as it is, by the names of its files. */
const MODULES = {
  [QUICKJS]: () => read(import.meta.resolve("@jitl/quickjs-wasmfile-release-sync/wasm")),
  [SQLITE]: () => read(import.meta.resolve("@sqlite.org/sqlite-wasm/sqlite3.wasm")),
  [BROTLI]: () => read(brotliFile("brotli_wasm_bg.wasm")),
  [BROTLI_MODULE]: () => read(brotliFile("brotli_wasm.js")),
  [ZSTD]: readZstd,
  [OPENSSL]: () => readFile(at("src/platforms/openssl/wasm/openssl.wasm")),
  /** Those that Node ships. */
  [AUTHORITIES]: async () => Buffer.from(`${rootCertificates.join("\n")}\n`),
};

const INDEX = at("src/browser.ts");
const WORKER = at("src/platforms/browser/kernel-worker.ts");

/** Scripts without imports, because a policy or a `data:` address would not let them load any. */
const SCRIPTS = {
  spawner: at("runtimes/engines/browser-worker/spawner.ts"),
  guest: at("runtimes/engines/browser-worker/guest.ts"),
  "node-guest": at("runtimes/engines/browser-worker/node-guest/loader.ts"),
  "service-worker": at("src/platforms/browser/service-worker.ts"),
  codecs: at("src/platforms/browser/codecs/worker.ts"),
  tls: at("src/platforms/browser/tls/worker.ts"),
};

/** `kernelWorker`: a module in the place of the kernel's worker, for tests of kernels. */
export async function buildBrowser(outDir: string, kernelWorker = WORKER): Promise<void> {
  await build({
    configFile: false,
    logLevel: "warn",
    root: at("."),
    publicDir: false,
    plugins: [noHostModules(), ownWasm(), scripts()],
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
        input: { index: INDEX, "kernel-worker": kernelWorker },
        // A busy machine is no fault of a plugin's.
        checks: { pluginTimings: false },
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

/** Its own guess where its wasm lies is never asked: the engine brings the module. */
function ownWasm(): Plugin {
  return {
    name: "own-wasm",
    transform: {
      filter: { code: /emscripten-module\.wasm/ },
      handler: (code) => ({
        code: code.replace('new URL("emscripten-module.wasm",import.meta.url)', '{ href: "" }'),
        map: null,
      }),
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
      const library = await bundleNodeLibrary(["browser", "quickjs"]);
      this.emitFile({ type: "asset", fileName: NODE_LIBRARY, source: library });
      for (const [fileName, readModule] of Object.entries(MODULES)) {
        this.emitFile({ type: "asset", fileName, source: await readModule() });
      }
    },
  };
}

function read(address: string | URL): Promise<Uint8Array> {
  return readFile(fileURLToPath(address));
}

/** What the package has for the web, without the module around it that fetches by itself. */
export function brotliFile(name: string): URL {
  return new URL(`pkg.web/${name}`, import.meta.resolve("brotli-wasm"));
}

/** The package has its wasm as text within a module. */
export async function readZstd(): Promise<Uint8Array<ArrayBuffer>> {
  const text = await readFile(fileURLToPath(import.meta.resolve("zstddec/stream")), "utf8");
  const base64 = /"(AGFzbQ[\w+/]+=*)"/.exec(text)?.[1];
  if (!base64) throw new Error("zstddec holds its wasm in another way than it did");
  return new Uint8Array(Buffer.from(base64, "base64"));
}
