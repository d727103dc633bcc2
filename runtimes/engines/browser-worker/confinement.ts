/**
 * The guest's own look at its confinement, and a second fence behind the policy: names of the worker's
 * surface that nothing in a guest needs are taken away before any program runs.
 */

/** True where the policy denies the network: it then refuses even an address that needs none. */
export async function isConfined(): Promise<boolean> {
  try {
    await fetch("data:,");
    return false;
  } catch {
    return true;
  }
}

/** What stays besides the language itself, whose names are those of a fresh global object. */
const KEPT = new Set([
  ...["WebAssembly", "performance", "console", "queueMicrotask", "structuredClone"],
  ...["setTimeout", "clearTimeout", "setInterval", "clearInterval", "reportError"],
  ...["TextEncoder", "TextDecoder", "URL", "URLSearchParams", "AbortController", "AbortSignal"],
  ...["Event", "EventTarget", "MessageEvent", "ErrorEvent", "DOMException", "MessagePort"],
  ...["MessageChannel", "crypto", "Crypto", "CryptoKey", "SubtleCrypto", "atob", "btoa", "Blob"],
  ...["ReadableStream", "WritableStream", "TransformStream", "startGuest", "onmessage", "self"],
]);

/** Names that the language specification gives to a global object. */
export const LANGUAGE = new Set([
  ...["globalThis", "Infinity", "NaN", "undefined", "eval", "isFinite", "isNaN", "parseFloat"],
  ...["parseInt", "decodeURI", "decodeURIComponent", "encodeURI", "encodeURIComponent", "escape"],
  ...["unescape", "AggregateError", "Array", "ArrayBuffer", "AsyncDisposableStack", "Atomics"],
  ...["BigInt", "BigInt64Array", "BigUint64Array", "Boolean", "DataView", "Date"],
  ...["DisposableStack", "Error", "EvalError", "FinalizationRegistry", "Float16Array"],
  ...["Float32Array", "Float64Array", "Function", "Int8Array", "Int16Array", "Int32Array", "Intl"],
  ...["Iterator", "JSON", "Map", "Math", "Number", "Object", "Promise", "Proxy", "RangeError"],
  ...["ReferenceError", "Reflect", "RegExp", "Set", "SharedArrayBuffer", "String", "Symbol"],
  ...["SuppressedError", "SyntaxError", "Temporal", "TypeError", "Uint8Array", "Uint8ClampedArray"],
  ...["Uint16Array", "Uint32Array", "URIError", "WeakMap", "WeakRef", "WeakSet"],
]);

/** Takes all other names from a worker's global object and its prototypes, as far as they go. */
export function shed(scope: object): void {
  for (
    let level = scope;
    level !== Object.prototype && level;
    level = Object.getPrototypeOf(level)
  ) {
    if (level === EventTarget.prototype) break;
    for (const name of Object.getOwnPropertyNames(level)) {
      if (KEPT.has(name) || LANGUAGE.has(name) || name === "constructor") continue;
      Reflect.deleteProperty(level, name);
    }
  }
}
