/**
 * The script that runs inside guests' isolates (runtimes/engines/shared-memory/wasm-guest.ts and all
 * that it imports): beside this file once built, made from the sources where they run unbuilt.
 */
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";

export function guestBundle(): Promise<string> {
  return import.meta.url.endsWith(".ts")
    ? makeGuestBundle()
    : readFile(new URL("./guest.js", import.meta.url), "utf8");
}

/** One script without imports; what the build writes to dist/node/guest.js. */
export async function makeGuestBundle(): Promise<string> {
  const entry = new URL("../runtimes/engines/shared-memory/wasm-guest.ts", import.meta.url);
  const { rolldown } = await import("rolldown");
  const build = await rolldown({ input: fileURLToPath(entry) });
  const { output } = await build.generate({ format: "iife" });
  await build.close();
  return output[0].code;
}
