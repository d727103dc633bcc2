/**
 * Builds the edge: `dist/edge/index.js` is the library `isopod/edge`, with its commands in
 * `commands/*.wasm` and the image's other files in `assets/`.
 */
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { build, defaultClientConditions, type Rolldown } from "vite";
import type { MachineImage } from "../src/machine/platform.ts";
import { baseImage, type EdgeFiles } from "./image-plugin.ts";

export interface EdgeBundle extends EdgeFiles {
  /** One module; it imports `./commands/*.wasm` and modules of workerd. */
  readonly code: string;
}

/** What only workerd can resolve. */
const OF_WORKERD = /^(cloudflare:|node:(?:crypto|zlib)$)/;

export async function bundleEdge(
  entry: string,
  open: () => Promise<MachineImage>,
): Promise<EdgeBundle> {
  let files: EdgeFiles | undefined;
  const result = await build({
    configFile: false,
    logLevel: "error",
    root: import.meta.dirname,
    publicDir: false,
    resolve: {
      alias: { "isopod/edge": resolve(import.meta.dirname, "../src/edge.ts") },
      conditions: ["workerd", ...defaultClientConditions],
    },
    plugins: [
      baseImage(open, (made) => {
        files = made;
      }),
    ],
    build: {
      write: false,
      target: "esnext",
      minify: true,
      lib: { entry: resolve(import.meta.dirname, entry), formats: ["es"] },
      rolldownOptions: { external: OF_WORKERD, output: { codeSplitting: false } },
    },
  });
  const [{ output }] = result as [Rolldown.RolldownOutput];
  const [{ code }] = output;
  if (!files || output.length > 1) throw new Error("the edge's bundle is not whole");
  return { code, ...files };
}

/** Writes the bundle as files, `name` for its module. */
export async function writeEdge(folder: string, name: string, bundle: EdgeBundle): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  await mkdir(join(folder, "commands"), { recursive: true });
  await mkdir(join(folder, "assets"));
  await writeFile(join(folder, name), bundle.code);
  for (const [file, bytes] of [...bundle.commands, ...bundle.engines])
    await writeFile(join(folder, "commands", file), bytes);
  for (const [file, bytes] of bundle.assets) await writeFile(join(folder, "assets", file), bytes);
}
