/**
 * Which variable a name means: the innermost of those that scopes of functions and of single commands
 * laid over one another. Plain state below `variables.ts`.
 */
import { CowMap } from "./cow-map.ts";
import type { Variable } from "./variable.ts";

interface Scope {
  kind: "function" | "temporary";
  /** What each variable of the scope hides. */
  readonly hidden: CowMap<string, Variable | undefined>;
}

export class Scopes {
  /** What each name means now. */
  readonly bindings: CowMap<string, Variable>;
  readonly #stack: Scope[];

  constructor(bindings: CowMap<string, Variable> = new CowMap(), stack: Scope[] = []) {
    this.bindings = bindings;
    this.#stack = stack;
  }

  /** The number of the innermost scope; 0 is global. */
  get depth(): number {
    return this.#stack.length;
  }

  /** The number of the innermost function's scope; 0 outside of functions. */
  functionDepth(): number {
    let depth = this.#stack.length;
    while (depth > 0 && this.#stack[depth - 1]?.kind !== "function") depth--;
    return depth;
  }

  push(kind: Scope["kind"]): void {
    this.#stack.push({ kind, hidden: new CowMap() });
  }

  /** The innermost scope, made for the assignments before a call, becomes that of the function. */
  makeFunctionScope(): void {
    const scope = this.#stack.at(-1);
    if (scope) scope.kind = "function";
  }

  /** Ends the innermost scope, and answers the variables that it had. */
  pop(): Map<string, Variable | undefined> {
    const ended = new Map<string, Variable | undefined>();
    for (const [name, hidden] of this.#stack.pop()?.hidden ?? []) {
      ended.set(name, this.bindings.get(name));
      this.#bind(name, hidden);
    }
    return ended;
  }

  /** Binds `variable` in its scope, below those of scopes further in. False: there is no such scope. */
  bind(variable: Variable): boolean {
    const { name, scope: depth } = variable;
    const scope = this.#stack[depth - 1];
    if (!scope) return false;
    const inner = this.#stack.slice(depth).find((other) => other.hidden.has(name));
    scope.hidden.set(name, inner ? inner.hidden.get(name) : this.bindings.get(name));
    if (inner) inner.hidden.set(name, variable);
    else this.bindings.set(name, variable);
    return true;
  }

  /** Takes `variable` away: what it hid has its name again. */
  drop({ name, scope: depth }: Variable): void {
    const scope = this.#stack[depth - 1];
    this.#bind(name, scope?.hidden.get(name));
    scope?.hidden.delete(name);
  }

  /** Acts on the variable outside of every function, for `declare -g`. */
  withGlobal<T>(name: string, act: () => T): T {
    const scope = this.#stack.find(({ hidden }) => hidden.has(name));
    if (!scope) return act();
    const inner = this.bindings.get(name);
    this.#bind(name, scope.hidden.get(name));
    try {
      return act();
    } finally {
      scope.hidden.set(name, this.bindings.get(name));
      this.#bind(name, inner);
    }
  }

  /** The names that are local to the running function. */
  localNames(): string[] {
    const depth = this.functionDepth();
    const names = this.#stack[depth - 1]?.hidden.keys() ?? [];
    return [...names].filter((name) => this.bindings.get(name)?.scope === depth);
  }

  fork(): Scopes {
    const stack = this.#stack.map(({ kind, hidden }) => ({ kind, hidden: hidden.fork() }));
    return new Scopes(this.bindings.fork(), stack);
  }

  #bind(name: string, variable: Variable | undefined): void {
    if (variable) this.bindings.set(name, variable);
    else this.bindings.delete(name);
  }
}
