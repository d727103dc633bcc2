/**
 * WebAssembly's functions that answer with promises. V8 compiles for them on threads of its own and tells
 * of it in the isolate's task queue, which nobody looks into while the event loop waits: here they compile
 * at once (V8 leaves the costly part to the first call) and answer in the next microtask.
 *
 * Of streams: node_wasm_web_api.cc, to which lib/internal/wasm_web_api.js gives what it reads.
 */
import type { Environment } from "./environment.ts";

type Bytes = ArrayBuffer | ArrayBufferView;
type Imports = Record<string, unknown>;

/** What V8's namespace has; there is none while a snapshot is built. */
interface Namespace {
  Module: new (bytes: Bytes, options?: unknown) => object;
  Instance: new (module: object, imports?: Imports) => object;
}

/** Where lib/ puts what comes of a response. */
class WasmStream {
  readonly #chunks: Uint8Array[] = [];
  readonly #settle: (bytes: Uint8Array) => void;
  readonly #fail: (reason: unknown) => void;

  constructor(settle: (bytes: Uint8Array) => void, fail: (reason: unknown) => void) {
    this.#settle = settle;
    this.#fail = fail;
  }

  setURL(): void {}

  push(chunk: Bytes): void {
    const view = ArrayBuffer.isView(chunk)
      ? new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength)
      : new Uint8Array(chunk);
    this.#chunks.push(view.slice());
  }

  finish(): void {
    const bytes = new Uint8Array(this.#chunks.reduce((sum, { length }) => sum + length, 0));
    let offset = 0;
    for (const chunk of this.#chunks) {
      bytes.set(chunk, offset);
      offset += chunk.length;
    }
    this.#settle(bytes);
  }

  abort(reason: unknown): void {
    this.#fail(reason);
  }
}

export function installWebAssembly(env: Environment): void {
  const { WebAssembly: namespace } = globalThis as { WebAssembly?: Namespace };
  if (!namespace) return;
  const { Module, Instance } = namespace;

  const compiled = (name: string, bytes: Bytes, options: unknown) =>
    named(name, "Module", () => new Module(bytes, options));

  const instantiated = (name: string, module: object, imports: Imports | undefined) =>
    named(name, "Instance", () => new Instance(module, imports));

  const instantiateBytes = (name: string, bytes: Bytes, imports?: Imports, options?: unknown) => {
    const module = compiled(name, bytes, options);
    return { module, instance: instantiated(name, module, imports) };
  };

  const streamed = (source: unknown) =>
    new Promise<Uint8Array>((settle, fail) => {
      const { wasmStreamingCallback } = env.requireBuiltin<{
        wasmStreamingCallback(state: WasmStream, source: unknown): void;
      }>("internal/wasm_web_api");
      wasmStreamingCallback(new WasmStream(settle, fail), source);
    });

  const functions = {
    async compile(bytes: Bytes, options?: unknown) {
      return compiled("compile", bytes, options);
    },
    async instantiate(from: Bytes | object, imports?: Imports, options?: unknown) {
      return from instanceof Module
        ? instantiated("instantiate", from, imports)
        : instantiateBytes("instantiate", from as Bytes, imports, options);
    },
    async compileStreaming(source: unknown, options?: unknown) {
      return compiled("compileStreaming", await streamed(source), options);
    },
    async instantiateStreaming(source: unknown, imports?: Imports, options?: unknown) {
      return instantiateBytes("instantiateStreaming", await streamed(source), imports, options);
    },
  };
  for (const [name, value] of Object.entries(functions)) {
    Object.defineProperty(value, "length", { value: 1, configurable: true });
    // As the Web has operations of a namespace.
    Object.defineProperty(namespace, name, {
      value,
      enumerable: true,
      configurable: true,
      writable: true,
    });
  }
}

/** V8's messages name the function that was called. */
function named<T>(name: string, thrower: string, make: () => T): T {
  try {
    return make();
  } catch (error) {
    if (error instanceof Error) {
      error.message = error.message.replace(`WebAssembly.${thrower}()`, `WebAssembly.${name}()`);
    }
    throw error;
  }
}
