/**
 * The script that runs inside guests' isolates (runtimes/engines/shared-memory/wasm-guest.ts and all
 * that it imports): beside this file once built, made from the sources where they run unbuilt.
 */
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

export function guestBundle(): Promise<string> {
  return import.meta.url.endsWith(".ts")
    ? makeInChild()
    : readFile(new URL("./guest.js", import.meta.url), "utf8");
}

/** One script without imports; what the build writes to dist/node/guest.js. */
export async function makeGuestBundle(): Promise<string> {
  const entry = new URL("../runtimes/engines/shared-memory/wasm-guest.ts", import.meta.url);
  const { rolldown } = await import("rolldown");
  const build = await rolldown({ input: fileURLToPath(entry) });
  const { output } = await build.generate({ format: "iife", minify: true });
  await build.close();
  return output[0].code;
}

const MAX_BUNDLE_BYTES = 1 << 24;

/** A process that loaded the bundler in a Worker hangs at its end, so another one bundles. */
async function makeInChild(): Promise<string> {
  const script = `import { makeGuestBundle } from ${JSON.stringify(import.meta.url)};
process.stdout.write(await makeGuestBundle());`;
  const args = ["--input-type=module", "--eval", script];
  const { stdout } = await promisify(execFile)(process.execPath, args, {
    maxBuffer: MAX_BUNDLE_BYTES,
  });
  return stdout;
}
