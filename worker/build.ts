/**
 * `npm run build:edge`: dist/edge (see bundle.ts), and what each part weighs in the Worker that is
 * uploaded. Status 1 where it is more than Cloudflare takes.
 */
import { resolve } from "node:path";
import { gzipSync } from "node:zlib";
import { nodePlatform } from "../src/platforms/node/platform.ts";
import { bundleEdge, type EdgeBundle, writeEdge } from "./bundle.ts";

const FOLDER = resolve(import.meta.dirname, "../dist/edge");

/** Our own bound for the code, and the paid plan's for all of it. */
const CODE_BYTES_MAX = 1_000_000;
const UPLOAD_BYTES_MAX = 10_000_000;

export interface EdgeSizes {
  readonly codeBytes: number;
  readonly commands: number;
  readonly commandBytes: number;
}

/** Gzipped bytes of what is uploaded. */
export function sizesOf({ code, commands, engines }: EdgeBundle): EdgeSizes {
  const gzipped = [...commands.values(), ...engines.values()].map(
    (bytes) => gzipSync(bytes, { level: 9 }).length,
  );
  return {
    codeBytes: gzipSync(code, { level: 9 }).length,
    commands: commands.size,
    commandBytes: gzipped.reduce((sum, size) => sum + size, 0),
  };
}

if (import.meta.main) {
  const bundle = await bundleEdge("../src/edge.ts", () => nodePlatform.openImage());
  await writeEdge(FOLDER, "index.js", bundle);
  const { codeBytes, commands, commandBytes } = sizesOf(bundle);
  const kilobytes = (bytes: number) => `${(bytes / 1000).toFixed(0).padStart(6)} kB`;
  console.log(`dist/edge, gzipped:
  without commands   ${kilobytes(codeBytes)}  of ${kilobytes(CODE_BYTES_MAX)}
  ${commands} core commands   ${kilobytes(commandBytes)}
  together           ${kilobytes(codeBytes + commandBytes)}  of ${kilobytes(UPLOAD_BYTES_MAX)}`);
  const fits = codeBytes <= CODE_BYTES_MAX && codeBytes + commandBytes <= UPLOAD_BYTES_MAX;
  process.exit(fits ? 0 : 1);
}
