/** What machines need of a browser, and what is said where it is missing. */

/** The page is cross-origin isolated, so that guests and kernel can share memory. */
export function sharesMemory(): boolean {
  return (
    globalThis.crossOriginIsolated === true &&
    typeof SharedArrayBuffer === "function" &&
    typeof Atomics.waitAsync === "function"
  );
}

/** JavaScript promise integration: programs in the kernel's own thread can wait. */
export function hasJspi(): boolean {
  return typeof WebAssembly === "object" && "Suspending" in WebAssembly;
}

export const WORDS = {
  noWorkers: "this browser has no Web Workers here, which the kernel needs",
  noEngine:
    "wasm commands cannot run: they need either a cross-origin isolated page (see enableIsolation) " +
    "or a browser with JavaScript promise integration (WebAssembly.Suspending); the shell's own " +
    "commands still work",
} as const;
