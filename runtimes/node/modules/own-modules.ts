/** Modules of our own that programs import by a scheme of ours, as they import Node's by `node:`. */
import type { Environment } from "../environment.ts";

const SCHEME = "isopod:";

interface Resolver {
  defaultResolve(specifier: string, context: object): unknown;
}

/** require() finds them as it finds any builtin; lib/ takes them for URLs where they are imported. */
export function resolveOwnModules(env: Environment): void {
  const own = new Set(env.library.ids.filter((id) => id.startsWith(SCHEME)));
  if (own.size === 0) return;
  const resolver = env.requireBuiltin<Resolver>("internal/modules/esm/resolve");
  const { defaultResolve } = resolver;
  resolver.defaultResolve = (specifier, context) =>
    own.has(specifier)
      ? { __proto__: null, url: `node:${specifier}` }
      : defaultResolve(specifier, context);
}
