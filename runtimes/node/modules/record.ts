/**
 * A module as others see it: what it exports, and whether it is linked and evaluated.
 * ECMA-262, 16.2.1.5 (Abstract Module Records).
 */
import { makeNamespace } from "./namespace.ts";

/** V8's numbers, which module_wrap shows. */
export const Status = {
  kUninstantiated: 0,
  kInstantiating: 1,
  kInstantiated: 2,
  kEvaluating: 3,
  kEvaluated: 4,
  kErrored: 5,
} as const;

export type Status = (typeof Status)[keyof typeof Status];

/** Where an export is found in the end: a binding of a module, or its namespace. */
export interface Binding {
  readonly module: ModuleRecord;
  /** Undefined for the namespace. */
  readonly local: string | undefined;
}

/** Why a name cannot be had; V8 has an error for each. */
export type Unresolved = "missing" | "cycle" | { readonly ambiguous: readonly [string, string] };

export type Resolution = Binding | Unresolved;

export type ResolveSet = Map<ModuleRecord, Set<string>>;

export abstract class ModuleRecord {
  readonly url: string;
  status: Status = Status.kUninstantiated;
  /** What it failed with, once its status says so. */
  error: unknown;
  #namespace: object | undefined;

  constructor(url: string) {
    this.url = url;
  }

  abstract exportedNames(seen?: Set<ModuleRecord>): readonly string[];
  abstract resolveExport(name: string, seen?: ResolveSet): Resolution;
  /** Reads the local binding `local` of this module; throws where it is not initialized. */
  abstract getter(local: string): () => unknown;
  /** Whether its own code awaits, or that of what it imports. */
  abstract isGraphAsync(seen?: Set<ModuleRecord>): boolean;

  getNamespace(): object {
    if (!this.#namespace) {
      const exports = new Map<string, () => unknown>();
      for (const name of this.exportedNames()) {
        const found = this.resolveExport(name);
        if (isBinding(found)) exports.set(name, readBinding(found));
      }
      this.#namespace = makeNamespace(exports);
    }
    return this.#namespace;
  }
}

export function isBinding(found: Resolution): found is Binding {
  return typeof found === "object" && "module" in found;
}

export function readBinding({ module, local }: Binding): () => unknown {
  return local === undefined ? () => module.getNamespace() : module.getter(local);
}
