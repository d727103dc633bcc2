/**
 * Parts of the layer that most programs never use: scripts of their own, which lie beside lib/'s text
 * and are compiled when they are first asked for. Each hands what it has to `register`.
 */
import type { Environment } from "./environment.ts";

const loaded = new Map<string, unknown>();

export function lazyPart<T>(env: Environment, name: string): T {
  if (!loaded.has(name)) {
    const id = `isopod/${name}`;
    const load = env.engine.compileFunction(env.library.source(id), `node:${id}`, ["register"]);
    load(((part: unknown) => loaded.set(name, part)) as never);
  }
  return loaded.get(name) as T;
}
