/**
 * A module that has a text. Its body is a generator (rewrite.ts); linking.ts and evaluation.ts drive it.
 * ECMA-262, 16.2.1.6 and 16.2.1.7 (Cyclic and Source Text Module Records).
 */
import { DEFAULT_LOCAL, type ModuleAnalysis } from "./analysis.ts";
import {
  type Binding,
  isBinding,
  ModuleRecord,
  type Resolution,
  type ResolveSet,
  readBinding,
} from "./record.ts";
import type { ModuleHost } from "./rewrite.ts";
import { SyntheticModule } from "./synthetic-module.ts";

export type ModuleBody = (host: ModuleHost, imports: object) => Generator | AsyncGenerator;

/** What a module asks of whoever made it. */
export interface ModuleSource {
  readonly analysis: ModuleAnalysis;
  /** The body, with imports that are live, or as plain variables. */
  body(live: boolean): ModuleBody;
  /** Whether its imports must be live whatever they are. */
  readonly isLive: boolean;
  /** The import.meta object, made when it is first asked for. */
  meta(): object;
  /** import(). */
  importDynamically(specifier: unknown, options?: unknown): Promise<unknown>;
}

export class SourceTextModule extends ModuleRecord {
  readonly source: ModuleSource;
  readonly analysis: ModuleAnalysis;
  /** One for each request, set by `linkTo`. */
  requested: readonly ModuleRecord[] = [];
  /** Depth-first search of linking and evaluating. */
  index = -1;
  lowest = -1;
  /** Evaluation: see evaluation.ts. */
  cycleRoot: SourceTextModule | undefined;
  asyncOrder = 0;
  isEvaluatingAsync = false;
  pendingAsync = 0;
  readonly asyncParents: SourceTextModule[] = [];
  capability: PromiseWithResolvers<void> | undefined;
  #getters: Record<string, () => unknown> | undefined;
  #running: Generator | AsyncGenerator | undefined;
  #meta: object | undefined;

  constructor(url: string, source: ModuleSource) {
    super(url);
    this.source = source;
    this.analysis = source.analysis;
  }

  linkTo(modules: readonly ModuleRecord[]): void {
    this.requested = modules;
  }

  override exportedNames(seen = new Set<ModuleRecord>()): readonly string[] {
    if (seen.has(this)) return [];
    seen.add(this);
    const { localExports, indirectExports, starExports } = this.analysis;
    const names = new Set([...localExports, ...indirectExports].map(({ name }) => name));
    for (const request of starExports) {
      for (const name of this.#request(request).exportedNames(seen)) {
        if (name !== "default") names.add(name);
      }
    }
    return [...names];
  }

  override resolveExport(name: string, seen: ResolveSet = new Map()): Resolution {
    const names = seen.get(this);
    if (names?.has(name)) return "cycle";
    if (names) names.add(name);
    else seen.set(this, new Set([name]));
    const { localExports, indirectExports } = this.analysis;
    const local = localExports.find((entry) => entry.name === name);
    if (local) return this.#localBinding(local.local);
    const indirect = indirectExports.find((entry) => entry.name === name);
    if (indirect) {
      const module = this.#request(indirect.request);
      if (indirect.imported === undefined) return { module, local: undefined };
      return module.resolveExport(indirect.imported, seen);
    }
    return name === "default" ? "missing" : this.#resolveStar(name, seen);
  }

  /** `import * as a from "b"; export { a }` exports a binding of this module in name only. */
  #localBinding(local: string): Binding {
    const entry = this.analysis.imports.find((item) => item.local === local);
    return entry
      ? { module: this.#request(entry.request), local: undefined }
      : { module: this, local };
  }

  #resolveStar(name: string, seen: ResolveSet): Resolution {
    let found: Binding | undefined;
    let foundIn = 0;
    let failure: Resolution = "missing";
    for (const request of this.analysis.starExports) {
      const next = this.#request(request).resolveExport(name, seen);
      if (!isBinding(next)) {
        if (typeof next === "object") return next;
        continue;
      }
      if (!found) {
        found = next;
        foundIn = request;
        failure = next;
      } else if (found.module !== next.module || found.local !== next.local) {
        const { requests } = this.analysis;
        const specifier = (index: number): string => requests[index]?.specifier ?? "";
        return { ambiguous: [specifier(foundIn), specifier(request)] };
      }
    }
    return failure;
  }

  override getter(local: string): () => unknown {
    return () => {
      const getters = this.#getters;
      if (!getters) {
        const name = local === DEFAULT_LOCAL ? "default" : local;
        throw new ReferenceError(`Cannot access '${name}' before initialization`);
      }
      return getters[local]?.();
    };
  }

  override isGraphAsync(seen = new Set<ModuleRecord>()): boolean {
    if (this.analysis.hasTopLevelAwait) return true;
    seen.add(this);
    return this.requested.some((module) => !seen.has(module) && module.isGraphAsync(seen));
  }

  /** Finds every import; throws V8's SyntaxError where one is not there. */
  resolveImports(fail: LinkFailure): void {
    const { imports, indirectExports } = this.analysis;
    for (const entry of imports) {
      const { request, imported, position } = entry;
      if (imported === undefined) continue;
      const found = this.#request(request).resolveExport(imported);
      if (!isBinding(found)) fail(this, { request, name: imported, position, found });
    }
    for (const { name, request, imported, position } of indirectExports) {
      const found = this.resolveExport(name);
      if (!isBinding(found)) fail(this, { request, name: imported ?? name, position, found });
    }
  }

  /** Makes its scope: from now on its functions can be called and its exports be asked for. */
  instantiate(isInCycle: boolean): void {
    const live = this.source.isLive || isInCycle || this.analysis.imports.some(this.#isReassigned);
    const body = this.source.body(live);
    const imports = this.#imports();
    const host: ModuleHost = {
      own: (getters, defaultFunction) => {
        if (defaultFunction) Object.defineProperty(defaultFunction, "name", { value: "default" });
        this.#getters = getters;
      },
      get: (index) => imports[index]?.(),
      live: (setters) => this.#listen(setters),
      imp: (specifier, options) => this.source.importDynamically(specifier, options),
      get meta() {
        return meta();
      },
      get arguments(): never {
        throw new ReferenceError("arguments is not defined");
      },
    };
    const meta = (): object => (this.#meta ??= this.source.meta());
    const records = live ? this.#importsObject(imports) : imports;
    this.#running = body.call(undefined, host, records);
    this.#running.next();
  }

  /** Runs its code. Answers a promise where it awaits. */
  run(): Promise<unknown> | undefined {
    const done = this.#running?.next();
    this.#running = undefined;
    return this.analysis.hasTopLevelAwait ? (done as Promise<unknown>) : undefined;
  }

  #request(index: number): ModuleRecord {
    const module = this.requested[index];
    if (!module)
      throw new Error(
        `request for '${this.analysis.requests[index]?.specifier}' is not yet fulfilled`,
      );
    return module;
  }

  #binding(request: number, imported: string | undefined): Binding {
    const module = this.#request(request);
    if (imported === undefined) return { module, local: undefined };
    const found = module.resolveExport(imported);
    if (!isBinding(found)) throw new Error(`unresolved after linking: ${imported}`);
    return found;
  }

  #imports(): (() => unknown)[] {
    return this.analysis.imports.map(({ request, imported }) =>
      readBinding(this.#binding(request, imported)),
    );
  }

  readonly #isReassigned = ({ request, imported }: ModuleAnalysis["imports"][number]): boolean => {
    const { module, local } = this.#binding(request, imported);
    if (local === undefined || !(module instanceof SourceTextModule)) return false;
    return module.analysis.reassigned?.includes(local) ?? true;
  };

  #listen(setters: readonly ((value: unknown) => void)[]): void {
    for (const [i, { request, imported }] of this.analysis.imports.entries()) {
      const { module, local } = this.#binding(request, imported);
      const setter = setters[i];
      if (setter && local !== undefined && module instanceof SyntheticModule) {
        module.onChange(local, setter);
      }
    }
  }

  /** What references to live imports read: properties by local name. */
  #importsObject(imports: readonly (() => unknown)[]): object {
    const object: object = Object.create(null);
    const set = (): never => {
      throw new TypeError("Assignment to constant variable.");
    };
    for (const [i, { local }] of this.analysis.imports.entries()) {
      Object.defineProperty(object, local, { get: imports[i] as () => unknown, set });
    }
    return object;
  }
}

export type LinkFailure = (
  module: SourceTextModule,
  what: {
    readonly request: number;
    readonly name: string;
    readonly position: number;
    readonly found: Exclude<Resolution, Binding>;
  },
) => never;
