/**
 * Most of the time until the first machine is up goes into compiling the kernel and the shell, so once
 * built, what V8 made of them is kept beside them for the next process.
 */
import { enableCompileCache, flushCompileCache } from "node:module";
import { fileURLToPath } from "node:url";

/** Late enough that the first commands have run, whose functions are kept as well. */
const FLUSH_AFTER_MS = 2000;

/** To be called before the kernel is loaded. */
export function keepCompiled(): void {
  if (!import.meta.url.endsWith(".js")) return;
  enableCompileCache(fileURLToPath(new URL("./.compile-cache", import.meta.url)));
  setTimeout(flushCompileCache, FLUSH_AFTER_MS).unref();
}
