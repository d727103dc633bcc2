/**
 * Parts of the layer that most programs never use: scripts of their own, which lie beside lib/'s text
 * and are compiled when they are first asked for. Each hands what it has to `register`.
 */
import type { Environment } from "./environment.ts";

const loaded = new Map<string, unknown>();
/** Libraries look for a host's own; here that would be lib/'s, which they are below. */
const PARAMETERS = ["register", "globalThis", "crypto"];

interface Globals {
  readonly WebAssembly?: unknown;
  readonly SharedArrayBuffer?: unknown;
}

export function lazyPart<T>(env: Environment, name: string): T {
  if (!loaded.has(name)) {
    const id = `isopod/${name}`;
    const scope = globalThis as Globals;
    const globals = Object.freeze({
      WebAssembly: scope.WebAssembly,
      SharedArrayBuffer: scope.SharedArrayBuffer,
    });
    const load = env.engine.compileFunction(env.library.source(id), `node:${id}`, PARAMETERS);
    load(((part: unknown) => loaded.set(name, part)) as never, globals as never);
  }
  return loaded.get(name) as T;
}
