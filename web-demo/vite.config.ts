/**
 * Builds the playground into dist/web-demo: static files, with what machines need under isopod/. The
 * servers here send the headers that isolate the page; on another, service-worker.js adds them.
 */
import { resolve } from "node:path";
import { defineConfig, type Plugin, type UserConfig } from "vite";
import { type IsopodPluginOptions, isopod } from "../src/vite.ts";

const OUT = resolve(import.meta.dirname, "../dist/web-demo");

export default defineConfig(playgroundConfig(OUT));

export function playgroundConfig(outDir: string, options: IsopodPluginOptions = {}): UserConfig {
  return {
    root: import.meta.dirname,
    base: "./",
    plugins: [isopod(options), preloadPage()],
    oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
    server: { host: "127.0.0.1" },
    preview: { host: "127.0.0.1" },
    build: {
      outDir,
      emptyOutDir: true,
      target: "es2023",
      sourcemap: true,
      reportCompressedSize: false,
    },
  };
}

/** The page's larger script is asked for beside the one that boots the machine, not after it. */
function preloadPage(): Plugin {
  return {
    name: "preload-page",
    transformIndexHtml: {
      order: "post",
      handler(_, { bundle = {} }) {
        const isPage = (name: string) => /assets\/page-[^/]*\.js$/.test(name);
        return Object.keys(bundle)
          .filter(isPage)
          .map((name) => ({
            tag: "link",
            attrs: { rel: "modulepreload", crossorigin: "", href: `./${name}` },
            injectTo: "head",
          }));
      },
    },
  };
}
