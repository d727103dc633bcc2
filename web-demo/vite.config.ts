/**
 * Builds the playground into dist/web-demo: static files, with what machines need under isopod/. The
 * servers here send the headers that isolate the page; on another, service-worker.js adds them.
 */
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { defineConfig, type Plugin, type UserConfig } from "vite";
import { KERNEL_WORKER } from "../src/browser-files/names.ts";
import { type IsopodPluginOptions, isopod } from "../src/vite.ts";

const OUT = resolve(import.meta.dirname, "../dist/web-demo");
const LIBRARY = resolve(import.meta.dirname, "../dist/browser");

export default defineConfig(playgroundConfig(OUT));

export function playgroundConfig(outDir: string, options: IsopodPluginOptions = {}): UserConfig {
  return {
    root: import.meta.dirname,
    base: "./",
    plugins: [isopod(options), preload(options.files ?? LIBRARY)],
    oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
    server: { host: "127.0.0.1" },
    preview: { host: "127.0.0.1" },
    build: {
      outDir,
      emptyOutDir: true,
      target: "es2023",
      sourcemap: true,
      reportCompressedSize: false,
      rolldownOptions: { checks: { pluginTimings: false } },
    },
  };
}

/**
 * What the prompt needs is asked for at once, not when the script before it has been read: the page's
 * larger script and what that imports, and the parts of the kernel's worker.
 */
function preload(files: string): Plugin {
  const isPage = (name: string) => /assets\/page-[^/]*\.js$/.test(name);
  return {
    name: "preload",
    transformIndexHtml: {
      order: "post",
      handler(html, { bundle }) {
        if (!bundle) return [];
        const page = Object.values(bundle).find(({ fileName }) => isPage(fileName));
        const imports = page?.type === "chunk" ? [page.fileName, ...page.imports] : [];
        const kernel = importsOf(join(files, KERNEL_WORKER)).map((name) => `isopod/${name}`);
        return [...imports, ...kernel]
          .filter((name) => !html.includes(name))
          .map((name) => ({
            tag: "link",
            attrs: { rel: "modulepreload", crossorigin: "", href: `./${name}` },
            injectTo: "head",
          }));
      },
    },
  };
}

/** Names of the files beside it that a built script imports. */
function importsOf(script: string): string[] {
  const imports = readFileSync(script, "utf8").matchAll(/(?:from|import)"\.\/([\w.-]+\.js)"/g);
  return [...imports].map(([, name]) => name as string);
}
