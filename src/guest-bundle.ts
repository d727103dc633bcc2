/**
 * The scripts that run inside guests' isolates, each with all that it imports: beside this file once
 * built, made from the sources where they run unbuilt.
 */
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

/** Names of the scripts in dist/node, and where their sources begin. */
const ENTRIES = {
  guest: "../runtimes/engines/shared-memory/wasm-guest.ts",
  "node-guest": "../runtimes/engines/isolated-vm/node-guest/guest.ts",
  "node-crypto": "../runtimes/node/crypto/crypto-script.ts",
  "node-sqlite": "../runtimes/node/sqlite/sqlite-script.ts",
  "node-zlib": "../runtimes/node/zlib/zlib-script.ts",
  "node-lexer": "../runtimes/node/modules/lexer-script.ts",
  "node-idna": "../runtimes/node/url/idna-script.ts",
  "node-legacy": "../runtimes/node/text/legacy-script.ts",
} as const;

export type GuestBundle = keyof typeof ENTRIES;
export const GUEST_BUNDLES = Object.keys(ENTRIES) as GuestBundle[];

export function guestBundle(name: GuestBundle): Promise<string> {
  return import.meta.url.endsWith(".ts")
    ? makeInChild(name)
    : readFile(new URL(`./${name}.js`, import.meta.url), "utf8");
}

/** One script without imports; what the build writes to dist/node. */
export function makeGuestBundle(name: GuestBundle): Promise<string> {
  return bundleScript(new URL(ENTRIES[name], import.meta.url));
}

/** One script of `entry` and all that it imports. */
export async function bundleScript(entry: URL): Promise<string> {
  const { rolldown } = await import("rolldown");
  // Neither a browser nor Node: a package's part for those may count on what an isolate lacks.
  const build = await rolldown({
    input: fileURLToPath(entry),
    platform: "neutral",
    resolve: { mainFields: ["module", "main"], conditionNames: ["import", "default"] },
  });
  const { output } = await build.generate({
    format: "iife",
    // Programs see classes' names: in stacks, and where they inspect what the bindings gave them.
    minify: { compress: true, mangle: { keepNames: { class: true, function: false } } },
  });
  await build.close();
  return output[0].code;
}

const MAX_BUNDLE_BYTES = 1 << 26;

/** A process that loaded the bundler in a Worker hangs at its end, so another one bundles. */
async function makeInChild(name: GuestBundle): Promise<string> {
  const script = `import { makeGuestBundle } from ${JSON.stringify(import.meta.url)};
process.stdout.write(await makeGuestBundle(${JSON.stringify(name)}));`;
  const args = ["--input-type=module", "--eval", script];
  const { stdout } = await promisify(execFile)(process.execPath, args, {
    maxBuffer: MAX_BUNDLE_BYTES,
  });
  return stdout;
}
