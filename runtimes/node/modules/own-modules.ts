/** Modules of our own that programs import by a scheme of ours, as they import Node's by `node:`. */
import type { Environment } from "../environment.ts";

const SCHEME = "isopod:";

interface Resolver {
  defaultResolve(specifier: string, context: object): unknown;
}

interface Builtins {
  getCanBeRequiredByUsersWithoutSchemeList(): string[];
}

/** require() finds them as it finds any builtin; lib/ takes them for URLs where they are imported. */
export function resolveOwnModules(env: Environment): void {
  const own = new Set(env.library.ids.filter((id) => id.startsWith(SCHEME)));
  if (own.size === 0) return;
  hideFromLists(env);
  const resolver = env.requireBuiltin<Resolver>("internal/modules/esm/resolve");
  const { defaultResolve } = resolver;
  resolver.defaultResolve = (specifier, context) =>
    own.has(specifier)
      ? { __proto__: null, url: `node:${specifier}` }
      : defaultResolve(specifier, context);
}

/** `module.builtinModules` has what Node has. */
function hideFromLists(env: Environment): void {
  const realm = env.requireBuiltin<{ BuiltinModule: Builtins }>("internal/bootstrap/realm");
  const { BuiltinModule } = realm;
  const list = BuiltinModule.getCanBeRequiredByUsersWithoutSchemeList;
  BuiltinModule.getCanBeRequiredByUsersWithoutSchemeList = () =>
    list().filter((id) => !id.startsWith(SCHEME));
}
