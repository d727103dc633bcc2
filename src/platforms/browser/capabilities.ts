/** `capabilities()`: what this browser, on this page, can do for machines. */
import { hasJspi, sharesMemory } from "./needs.ts";

export interface Capabilities {
  /** Machines boot: the kernel, its shell and the shell's own commands run. */
  readonly machines: boolean;
  /**
   * How wasm commands run: "workers": each in a worker of its own, confined and at once; "inline": one at
   * a time in the kernel's thread, where one that computes holds up all machines; undefined: not at all.
   */
  readonly commands: "workers" | "inline" | undefined;
  /** Files can be kept in this browser, and outlive the page. */
  readonly storage: boolean;
  /** The page is cross-origin isolated; if not, `enableIsolation()` may make it so. */
  readonly isolated: boolean;
  /** Names of what is missing, and what each is needed for. */
  readonly missing: readonly { readonly name: string; readonly needed: string }[];
}

export function capabilities(): Capabilities {
  const has = {
    Worker: typeof Worker === "function",
    WebAssembly: typeof WebAssembly === "object",
    "cross-origin isolation": globalThis.crossOriginIsolated === true,
    SharedArrayBuffer: typeof SharedArrayBuffer === "function",
    "Atomics.waitAsync": typeof Atomics.waitAsync === "function",
    "WebAssembly.Suspending": hasJspi(),
    indexedDB: typeof indexedDB === "object" && indexedDB !== null,
    "navigator.locks": navigator.locks !== undefined,
    "navigator.serviceWorker": navigator.serviceWorker !== undefined,
  };
  const needed: Readonly<Record<keyof typeof has, string>> = {
    Worker: "the kernel runs in one; without it there are no machines",
    WebAssembly: "the commands are WebAssembly; without it the shell's own still work",
    "cross-origin isolation": "commands run in workers of their own; without it one at a time",
    SharedArrayBuffer: "commands run in workers of their own; without it one at a time",
    "Atomics.waitAsync": "commands run in workers of their own; without it one at a time",
    "WebAssembly.Suspending": "commands run on a page that is not isolated",
    indexedDB: "files outlive the page; without it they are gone with it",
    "navigator.locks": "one tab at a time writes a machine; without it none is stored",
    "navigator.serviceWorker": "a page isolates itself where its server sends no headers",
  };
  const names = Object.keys(has) as (keyof typeof has)[];
  const machines = has.Worker;
  return {
    machines,
    commands: machines && has.WebAssembly ? engine() : undefined,
    storage: has.indexedDB && has["navigator.locks"],
    isolated: has["cross-origin isolation"],
    missing: names.flatMap((name) => (has[name] ? [] : { name, needed: needed[name] })),
  };
}

function engine(): "workers" | "inline" | undefined {
  if (sharesMemory()) return "workers";
  return hasJspi() ? "inline" : undefined;
}
