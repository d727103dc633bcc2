/** internalBinding("builtins"): the modules of lib/, compiled from their text. */

import type { BindingFactory } from "../environment.ts";
import { withOwnModules } from "../modules/own-modules.ts";

/** Parameters of a module's function, by what kind of module it is (node_builtins.cc). */
export function builtinParameters(id: string): readonly string[] {
  if (id.startsWith("internal/per_context/")) {
    return ["exports", "primordials", "privateSymbols", "perIsolateSymbols"];
  }
  if (id === "internal/bootstrap/realm") {
    return ["process", "getLinkedBinding", "getInternalBinding", "primordials"];
  }
  if (id.startsWith("internal/main/") || id.startsWith("internal/bootstrap/")) {
    return ["process", "require", "internalBinding", "primordials"];
  }
  return ["exports", "require", "module", "process", "internalBinding", "primordials"];
}

export const builtins: BindingFactory = (env) => {
  const { library } = env;
  return {
    builtinIds: library.ids,
    builtinCategories: { cannotBeRequired: [], canBeRequired: library.ids },
    config: library.config,
    /** Text by id, read when it is asked for. */
    natives: Object.defineProperties(
      {},
      Object.fromEntries(
        library.ids.map((id) => [id, { get: () => library.source(id), enumerable: true }]),
      ),
    ),
    compileFunction: (id: string) => withOwnModules(env, id, env.compileBuiltin(id)),
    setInternalLoaders(internalBinding: never, require: never) {
      env.setLoaders(internalBinding, require);
    },
    hasCachedBuiltins: () => true,
    getCacheUsage: () => ({
      compiledWithCache: new Set(),
      compiledWithoutCache: new Set(),
      compiledInSnapshot: [],
    }),
  };
};
