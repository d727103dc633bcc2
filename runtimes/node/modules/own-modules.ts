/** Modules of our own that programs import by a scheme of ours, as they import Node's by `node:`. */
import type { Environment } from "../environment.ts";

const SCHEME = "isopod:";
const RESOLVER = "internal/modules/esm/resolve";

interface Resolver {
  defaultResolve(specifier: string, context: object): unknown;
}

interface Builtins {
  getCanBeRequiredByUsersWithoutSchemeList(): string[];
}

/** require() finds them as it finds any builtin. */
export function hideOwnModules(env: Environment): void {
  if (ownModules(env).size > 0) hideFromLists(env);
}

/**
 * lib/ takes them for URLs where they are imported. Its resolver takes hold of options when it is loaded,
 * so it may not be loaded before there are any: it is changed once it is.
 */
export function withOwnModules(
  env: Environment,
  id: string,
  compiled: (...args: never[]) => unknown,
): (...args: never[]) => unknown {
  if (id !== RESOLVER) return compiled;
  return (...args: readonly unknown[]) => {
    const result = Reflect.apply(compiled, undefined, args);
    const [, , module] = args as [unknown, unknown, { exports: Resolver }];
    const own = ownModules(env);
    const { defaultResolve } = module.exports;
    module.exports.defaultResolve = (specifier, context) =>
      own.has(specifier)
        ? { __proto__: null, url: `node:${specifier}` }
        : defaultResolve(specifier, context);
    return result;
  };
}

function ownModules(env: Environment): Set<string> {
  return new Set(env.library.ids.filter((id) => id.startsWith(SCHEME)));
}

/** `module.builtinModules` has what Node has. */
function hideFromLists(env: Environment): void {
  const realm = env.requireBuiltin<{ BuiltinModule: Builtins }>("internal/bootstrap/realm");
  const { BuiltinModule } = realm;
  const list = BuiltinModule.getCanBeRequiredByUsersWithoutSchemeList;
  BuiltinModule.getCanBeRequiredByUsersWithoutSchemeList = () =>
    list().filter((id) => !id.startsWith(SCHEME));
}
