/**
 * A module whose exports are set from outside: a CommonJS module, a builtin, JSON.
 * ECMA-262, 16.2.1.8 (Synthetic Module Records).
 */
import { ModuleRecord, type Resolution, Status } from "./record.ts";

export class SyntheticModule extends ModuleRecord {
  readonly #values = new Map<string, unknown>();
  readonly #evaluate: () => void;
  /** Those that keep a copy of an export, and must hear when it is set anew. */
  readonly #listeners = new Map<string, ((value: unknown) => void)[]>();

  constructor(url: string, exportNames: readonly string[], evaluate: () => void) {
    super(url);
    this.#evaluate = evaluate;
    for (const name of exportNames) this.#values.set(name, undefined);
  }

  override exportedNames(): readonly string[] {
    return [...this.#values.keys()];
  }

  override resolveExport(name: string): Resolution {
    return this.#values.has(name) ? { module: this, local: name } : "missing";
  }

  override getter(local: string): () => unknown {
    return () => this.#values.get(local);
  }

  override isGraphAsync(): boolean {
    return false;
  }

  setExport(name: string, value: unknown): void {
    if (!this.#values.has(name))
      throw new ReferenceError(`Export '${name}' is not defined in module`);
    this.#values.set(name, value);
    for (const listener of this.#listeners.get(name) ?? []) listener(value);
  }

  onChange(name: string, listener: (value: unknown) => void): void {
    const listeners = this.#listeners.get(name);
    if (listeners) listeners.push(listener);
    else this.#listeners.set(name, [listener]);
  }

  link(): void {
    if (this.status === Status.kUninstantiated) this.status = Status.kInstantiated;
  }

  evaluate(): void {
    if (this.status === Status.kErrored) throw this.error;
    if (this.status !== Status.kInstantiated) return;
    this.status = Status.kEvaluating;
    try {
      this.#evaluate();
      this.status = Status.kEvaluated;
    } catch (error) {
      this.status = Status.kErrored;
      this.error = error;
      throw error;
    }
  }
}
