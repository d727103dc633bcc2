/**
 * `isopod/vite`: what a page with machines needs of its server. Serves the files of dist/browser and
 * the base image under `isopod/` while Vite serves, copies them there when it builds, and sends the
 * headers that isolate the page and confine guests.
 */
import { cp, mkdir, writeFile } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import { join, resolve } from "node:path";
import sirv from "sirv";
import type { Connect, Plugin } from "vite";
import { headersFile, headersFor } from "./browser-files/headers.ts";
import { SERVICE_WORKER } from "./browser-files/names.ts";
import { baseImageFolder } from "./images/base-image-folder.ts";
import { baseImagePresent } from "./images/base-image-present.ts";
import { packageRoot } from "./package-root.ts";

export { headersFile, headersFor };

/** Where the files are, relative to the page's base: `createVm({ assets: "./isopod/" })`. */
const FOLDER = "isopod/";

export interface IsopodPluginOptions {
  /** The folder that `npm run build` makes. Default: the package's dist/browser. */
  readonly files?: string;
}

export function isopod(options: IsopodPluginOptions = {}): Plugin {
  const files = options.files ?? join(packageRoot(), "dist/browser");
  let base = "/";
  let outDir = "dist";
  return {
    name: "isopod",
    configResolved(config) {
      base = new URL(config.base, "http://localhost").pathname;
      outDir = resolve(config.root, config.build.outDir);
    },
    async configureServer({ middlewares }) {
      await baseImagePresent();
      middlewares.use(sendHeaders);
      middlewares.use(serveFiles(files, base + FOLDER));
      middlewares.use(base + SERVICE_WORKER, (request, response, next) => {
        request.url = `/${SERVICE_WORKER}`;
        sirv(files, { dev: true })(request, response, next);
      });
    },
    configurePreviewServer({ middlewares }) {
      middlewares.use(sendHeaders);
    },
    async closeBundle() {
      await baseImagePresent();
      await copyFiles(files, join(outDir, FOLDER));
      await writeFile(join(outDir, "_headers"), headersFile(base + FOLDER));
      // Beside the page, because a service worker serves only what lies below it.
      await cp(join(files, SERVICE_WORKER), join(outDir, SERVICE_WORKER));
    },
  };
}

/** Puts all that a static server needs for machines into `target`: 36 MB, most of it the image. */
export async function copyFiles(files: string, target: string): Promise<void> {
  await mkdir(target, { recursive: true });
  const isNeeded = (path: string) => !path.endsWith(".map");
  await cp(files, target, { recursive: true, filter: isNeeded });
  await cp(baseImageFolder(), join(target, "base-image"), { recursive: true });
}

function sendHeaders(request: IncomingMessage, response: ServerResponse, next: () => void): void {
  for (const [name, value] of Object.entries(headersFor(request.url ?? "/"))) {
    response.setHeader(name, value);
  }
  next();
}

/** Answers what lies under `prefix`, ranges too. */
export function serveFiles(files: string, prefix: string): Connect.NextHandleFunction {
  const library = sirv(files, { dev: true });
  const image = sirv(baseImageFolder(), { dev: true });
  const imagePrefix = `${prefix}base-image/`;
  return (request, response, next) => {
    const { url = "/" } = request;
    const pass = () => {
      request.url = url;
      next();
    };
    if (url.startsWith(imagePrefix)) {
      request.url = url.slice(imagePrefix.length - 1);
      image(request, response, pass);
    } else if (url.startsWith(prefix)) {
      request.url = url.slice(prefix.length - 1);
      library(request, response, pass);
    } else next();
  };
}
