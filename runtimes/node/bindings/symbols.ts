/** internalBinding("symbols"): the per-isolate symbols that JavaScript sees. */
import type { BindingFactory } from "../environment.ts";

export const symbols: BindingFactory = (env) => ({ ...env.symbols });
